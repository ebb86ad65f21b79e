import Inventory
import Metainfo
import OpenSSL
import Settings
import TLS

/// An entry of `tls.ssl-torrent`: a certificate, and which SSL torrents it is for.
struct SSLTorrentSource: Sendable {
  let settings: TLSSettings.SSLTorrents
  let number: Int
  let credentials: Credentials
  let remarks: [String]

  var name: String { "ssl-torrent[\(number)]" }
  var leaf: Certificate? { credentials.chain.first }

  func isFor(_ artifact: SSLArtifact) -> Bool {
    settings.artifacts.contains { pattern in
      guard let label = ArtifactLabel(pattern) else {
        return ArtifactPattern(pattern).matches(name: artifact.name, infoHash: artifact.infoHash)
      }
      return artifact.labels[label.key] == label.value
    }
  }

  /// Why the certificate is none for a torrent of this name; nil where it is one.
  func refusal(ofName name: String) -> String? {
    guard let leaf, !PeerName.fits(leaf, name) else { return nil }
    return "\(leaf.subject) is for another name: an SSL torrent's certificate has its name (or *) as DNS name, or else as common name"
  }

  /// Why the root of a context does not vouch for the certificate; nil where it does.
  func refusal(under context: TLSContext, at now: Int64) -> String? {
    guard let leaf else { return "there is no certificate" }
    do throws(CertificateRejection) {
      // libtorrent shows the leaf alone.
      _ = try context.judge([leaf], as: .server, at: now)
      return nil
    } catch {
      return "\(leaf.subject): \(error.reason)"
    }
  }
}

/// `label:KEY=VALUE`.
private struct ArtifactLabel {
  let key: String
  let value: String

  init?(_ pattern: String) {
    guard pattern.hasPrefix("label:") else { return nil }
    let parts = pattern.dropFirst("label:".count).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let key = parts.first, let value = parts.last else { return nil }
    (self.key, self.value) = (String(key), String(value))
  }
}

extension SSLTorrentSource {
  /// The same, where another configuration has it elsewhere and for other artifacts.
  func numbered(_ number: Int, _ settings: TLSSettings.SSLTorrents) -> SSLTorrentSource {
    SSLTorrentSource(settings: settings, number: number, credentials: credentials, remarks: remarks)
  }
}

extension TLSSettings.SSLTorrents {
  var paths: [String] { [credentials.certificate.path, credentials.key.path] }
}

extension TLSLoader {
  /// The entry's files; nil with a fault for each reason why not.
  mutating func sslTorrents(_ settings: TLSSettings.SSLTorrents, number: Int) -> SSLTorrentSource? {
    let remarked = remarks.count
    guard let own = credentials(settings.credentials, "tls.ssl-torrent[\(number)]") else { return nil }
    return SSLTorrentSource(settings: settings, number: number, credentials: own, remarks: Array(remarks.dropFirst(remarked)))
  }
}
