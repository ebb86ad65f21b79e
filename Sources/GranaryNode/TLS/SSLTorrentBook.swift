import Inventory
import OpenSSL
import Settings
import TLS

/// The SSL torrents of a node, each with the trust entry that it is served under: the first of the sources that is for it decides.
///
/// Artifacts with the same root and the same source share one context, however many they are.
struct SSLTorrentBook: Sendable {
  /// A root with one of our certificates.
  private struct Pairing: Sendable {
    let context: TLSContext?
    /// Why the root does not vouch for the certificate; nil where it does.
    let refusal: String?
  }

  private struct PairingKey: Hashable {
    let root: String
    let source: Int
  }

  /// An artifact that can be served.
  private struct Served: Sendable {
    let entry: TLSEntry
    let source: Int
  }

  private(set) var sources: [SSLTorrentSource]
  private(set) var artifacts: [Int64: SSLArtifact] = [:]
  /// Why artifacts cannot be served.
  private(set) var refusals: [Int64: String] = [:]
  private var served: [Int64: Served] = [:]
  private var pairings: [PairingKey: Pairing] = [:]

  init(_ sources: [SSLTorrentSource]) {
    self.sources = sources
  }

  /// The trust entries by artifact.
  var entries: [Int64: TLSEntry] { served.mapValues(\.entry) }

  func entry(of id: Int64) -> TLSEntry? { served[id]?.entry }

  /// How many artifacts are served with a source.
  func count(of source: Int) -> Int { served.values.count { $0.source == source } }

  /// Takes an artifact in, or looks at it again.
  mutating func put(_ artifact: SSLArtifact, at now: Int64) {
    let id = artifact.id.rawValue
    artifacts[id] = artifact
    guard let source = sources.first(where: { $0.isFor(artifact) }) else {
      return refuse(id, sources.isEmpty ? "there is no certificate under tls.ssl-torrent" : "no entry of tls.ssl-torrent is for it")
    }
    if let refusal = source.refusal(ofName: artifact.torrentName) { return refuse(id, refusal) }
    let pairing = pairing(artifact.rootCertificate, source, at: now)
    guard let context = pairing.context, pairing.refusal == nil else { return refuse(id, pairing.refusal ?? "there is no context") }
    refusals[id] = nil
    if let entry = served[id]?.entry {
      if entry.context !== context { entry.replace(context: context) }
      served[id] = Served(entry: entry, source: source.number)
    } else {
      let entry = TLSEntry(name: "torrent:\(artifact.infoHash)", context: context, requiredName: artifact.torrentName)
      served[id] = Served(entry: entry, source: source.number)
    }
  }

  mutating func remove(_ id: Int64) {
    artifacts[id] = nil
    refusals[id] = nil
    served[id] = nil
  }

  /// Other certificates: each artifact is looked at again.
  mutating func replace(sources: [SSLTorrentSource], at now: Int64) {
    self.sources = sources
    pairings = [:]
    for artifact in artifacts.values { put(artifact, at: now) }
  }

  private mutating func refuse(_ id: Int64, _ reason: String) {
    refusals[id] = reason
    served[id] = nil
  }

  private mutating func pairing(_ root: String, _ source: SSLTorrentSource, at now: Int64) -> Pairing {
    let key = PairingKey(root: root, source: source.number)
    if let known = pairings[key] { return known }
    let made = Self.pair(root, source, at: now)
    pairings[key] = made
    return made
  }

  private static func pair(_ root: String, _ source: SSLTorrentSource, at now: Int64) -> Pairing {
    do {
      // The first alone, as libtorrent over OpenSSL has it.
      guard let anchor = try Certificate.all(pem: Array(root.utf8)).first else {
        return Pairing(context: nil, refusal: "the root in the torrent is no certificate")
      }
      let trust = try TrustStore(anchors: [anchor], revocationLists: nil, shape: .direct)
      let context = try TLSContext(credentials: source.credentials, trust: trust, minimum: TLSVersion(source.settings.minimum))
      return Pairing(context: context, refusal: source.refusal(under: context, at: now))
    } catch {
      return Pairing(context: nil, refusal: "the root in the torrent cannot be used: \(error)")
    }
  }
}
