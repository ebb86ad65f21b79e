import TestSupport

/// The `tls` section of a configuration, and what goes with it.
struct TLSSections: Sendable {
  /// Which artifacts are shown with which certificate to peers of SSL torrents.
  struct SSLTorrent: Sendable {
    var artifacts: [String]
    var certificate: String
    var key: String
    /// The oldest version of TLS; nil for the default.
    var minimum: String?
  }

  /// `certificate`, `key`, `trust` and so on of the entry `fleet`.
  var fleet: [(key: String, value: String)] = []
  var sslTorrents: [SSLTorrent] = []
  /// Entries of `peers`, as YAML flow mappings.
  var peers: [String] = []
  /// Further top-level lines.
  var extra: [String] = []

  /// An entry `fleet` with this certificate, its key beside it.
  mutating func fleet(_ name: String, of certificates: CertificateFolder, trust: String, revoked: String? = nil) {
    fleet = [
      ("certificate", certificates.certificate(name)), ("key", certificates.key(name)), ("trust", certificates.certificate(trust)),
    ]
    if let revoked { fleet.append(("revoked", certificates.certificate(revoked))) }
  }

  mutating func sslTorrent(_ artifact: String, showing name: String, of certificates: CertificateFolder, minimum: String? = nil) {
    sslTorrents.append(
      SSLTorrent(
        artifacts: [artifact], certificate: certificates.certificate(name), key: certificates.key(name), minimum: minimum))
  }

  /// Where the listener of an entry is.
  static func address(of entry: String) -> String { entry == "ssl-torrent" ? "127.0.0.1" : "127.0.0.2" }

  /// The configuration's lines.
  var lines: [String] {
    var lines: [String] = []
    if !fleet.isEmpty { lines.append("  fleet: { \(fleet.map { "\($0.key): \"\($0.value)\"" }.joined(separator: ", ")) }") }
    if !sslTorrents.isEmpty { lines.append("  ssl-torrent:") }
    for entry in sslTorrents {
      let artifacts = entry.artifacts.map { "\"\($0)\"" }.joined(separator: ", ")
      let minimum = entry.minimum.map { ", minimum: \"\($0)\"" } ?? ""
      lines.append("    - { artifacts: [\(artifacts)], certificate: \"\(entry.certificate)\", key: \"\(entry.key)\"\(minimum) }")
    }
    if !lines.isEmpty { lines.insert("tls:", at: 0) }
    if !peers.isEmpty { lines += ["peers:"] + peers.map { "  - \($0)" } }
    return lines + extra
  }
}

extension GranaryHost {
  /// Waits until the node has uploaded so much.
  func waitUntilUploaded(_ count: Int) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await status().uploaded < count {
      guard ContinuousClock.now < deadline else { throw ProcessFailure("fewer than \(count) bytes were uploaded") }
    }
  }
}

extension GranaryConfiguration {
  /// A node on loopback that listens as these entries of `tls` say, and not otherwise.
  static func securing(_ entries: String..., sections: TLSSections) -> GranaryConfiguration {
    var configuration = GranaryConfiguration()
    configuration.listen = []
    configuration.secureListen = entries.map { (TLSSections.address(of: $0) + ":0", $0) }
    configuration.extra = sections.lines
    return configuration
  }
}
