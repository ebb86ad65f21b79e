import Metainfo
import OpenSSL
import Settings

/// What the files of a named entry of `tls` hold, fit for use.
struct FleetMaterial: Sendable {
  let settings: TLSSettings.Entry
  let credentials: Credentials
  let anchors: [Certificate]
  /// Nil where no revocation lists are looked at.
  let lists: [RevocationList]?
  let context: TLSContext
  /// What was found when it was read, and is no fault.
  let remarks: [String]

  var paths: [String] { settings.paths }
  var leaf: Certificate? { credentials.chain.first }
}

extension TLSSettings.Entry {
  /// The key of a setting in messages.
  func key(_ name: String) -> String { "tls.\(self.name).\(name)" }

  var paths: [String] { [credentials.certificate.path, credentials.key.path, trust.path] + (revoked.map { [$0.path] } ?? []) }
}

extension TLSLoader {
  /// The entry's files; nil with a fault for each reason why not. `isNode`: whether it listens with them too.
  mutating func fleet(_ entry: TLSSettings.Entry, isNode: Bool = true) -> FleetMaterial? {
    let (before, remarked) = (faults.count, remarks.count)
    let own = credentials(entry.credentials, "tls.\(entry.name)")
    let anchors = anchors(entry)
    let lists = revocationLists(entry)
    guard let own, let anchors, faults.count == before, let context = context(entry, own, anchors, lists) else { return nil }
    if isNode { checkPurpose(entry, own) }
    guard faults.count == before else { return nil }
    if isNode { checkTrust(entry, own, context) }
    return FleetMaterial(
      settings: entry, credentials: own, anchors: anchors, lists: lists, context: context, remarks: Array(remarks.dropFirst(remarked)))
  }

  private mutating func anchors(_ entry: TLSSettings.Entry) -> [Certificate]? {
    let key = entry.key("trust")
    guard let all = parse(entry.trust, key, "PEM certificate", { try Certificate.all(pem: $0) }) else { return nil }
    let anchors = all.filter(\.isAuthority)
    guard !anchors.isEmpty else {
      let found = all.first.map { ", only \($0.subject)" } ?? ""
      fault(entry.trust, key, "holds no certificate of an authority (CA:TRUE)\(found)")
      return nil
    }
    for other in all where !other.isAuthority { remark("\(key): \(entry.trust.path): \(other.subject) is no authority and is left out") }
    return anchors
  }

  private mutating func revocationLists(_ entry: TLSSettings.Entry) -> [RevocationList]? {
    guard let file = entry.revoked else { return nil }
    let key = entry.key("revoked")
    guard let lists = parse(file, key, "PEM revocation list", { try RevocationList.all(pem: $0) }) else { return nil }
    guard lists.isEmpty else { return lists }
    fault(file, key, "holds no PEM revocation list")
    return nil
  }

  private mutating func context(
    _ entry: TLSSettings.Entry, _ own: Credentials, _ anchors: [Certificate], _ lists: [RevocationList]?
  ) -> TLSContext? {
    do {
      let trust = try TrustStore(anchors: anchors, revocationLists: lists, shape: .chains)
      return try TLSContext(credentials: own, trust: trust, minimum: TLSVersion(entry.minimum))
    } catch {
      fault(entry.credentials.certificate, entry.key("certificate"), "OpenSSL refuses it: \(error)")
      return nil
    }
  }

  /// A node listens and dials with one certificate: it must be good for both.
  private mutating func checkPurpose(_ entry: TLSSettings.Entry, _ own: Credentials) {
    guard let leaf = own.chain.first else { return }
    for (role, name) in [(PeerRole.server, "serverAuth"), (.client, "clientAuth")] where !leaf.isFit(for: role) {
      let problem = "\(leaf.subject) is not for \(name): a node needs serverAuth and clientAuth, or no extended key usage at all"
      fault(entry.credentials.certificate, entry.key("certificate"), problem)
    }
  }

  /// Whether peers with these same settings would take us: not an error, since two authorities may vouch for each other's peers.
  private mutating func checkTrust(_ entry: TLSSettings.Entry, _ own: Credentials, _ context: TLSContext) {
    do throws(CertificateRejection) {
      _ = try context.judge(own.chain, as: .server, at: now)
    } catch {
      let file = entry.credentials.certificate.path
      remark("\(entry.key("certificate")): \(file): peers with the same trust would refuse this certificate: \(error.reason)")
    }
  }
}

extension TLSVersion {
  init(_ minimum: TLSSettings.Minimum) {
    switch minimum {
    case .tls12: self = .tls12
    case .tls13: self = .tls13
    }
  }
}
