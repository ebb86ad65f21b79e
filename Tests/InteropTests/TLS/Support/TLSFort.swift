import Foundation
import TestSupport

/// A node to be attacked over TLS: SSL torrents of two authorities on one listener, ordinary artifacts on another for the members of a fleet.
struct TLSFort: Sendable {
  /// What a client shows that may be wrong.
  enum Shown: String, Sendable, CaseIterable {
    case good, none, foreign, expired, purpose, revoked
    case notYet = "not-yet"
    case wrongName = "wrong-name"
    case authority = "ca"
    case leafOnly = "leaf-only"

    /// The certificate's name among those that were made.
    var certificate: String? { self == .none ? nil : rawValue }
  }

  let host: GranaryHost
  let certificates: CertificateFolder
  /// An SSL torrent of the authority `ca`, and one of `second`.
  let (secret, other): (GranaryArtifact, GranaryArtifact)
  /// What every member of the fleet may have, and what nobody may.
  let (open, forbidden): (GranaryArtifact, GranaryArtifact)
  let node: GranaryProcess

  static let unknown = String(repeating: "5a", count: 20)
  static let endpointNames = ["ssl-torrent", "fleet"]

  var secretEndpoint: String { node.endpoint(TLSSections.address(of: "ssl-torrent")) }
  var fleetEndpoint: String { node.endpoint(TLSSections.address(of: "fleet")) }

  static func make(handshakeTimeout: String = "10 s") async throws -> TLSFort {
    let host = try GranaryHost()
    let lists = [RevocationPlan(name: "revocations", certificates: ["revoked"]), RevocationPlan(name: "middle-list", issuer: "middle")]
    let certificates = try await CertificateFolder(plans, revocations: lists)
    _ = try certificates.bundle("revocations", "middle-list", as: "revoked-list")
    // Written before anything is published, for that needs the folders that may be published from.
    try host.configure(configuration(certificates, handshakeTimeout: handshakeTimeout))
    let secret = try await publish(host, "secret.bin", "--ssl-torrent", certificates.certificate("ca"))
    let other = try await publish(host, "other.bin", "--ssl-torrent", certificates.certificate("second"))
    let (open, forbidden) = (try await publish(host, "open.bin"), try await publish(host, "forbidden.bin"))
    return TLSFort(
      host: host, certificates: certificates, secret: secret, other: other, open: open, forbidden: forbidden, node: try await host.start())
  }

  private static func publish(_ host: GranaryHost, _ name: String, _ options: String...) async throws -> GranaryArtifact {
    let path = try Artifacts.file(300_001, in: host.folder, named: "data/" + name, seed: UInt64(name.utf8.count))
    let text = try await host.command(["publish", path, "--json"] + options).output()
    return try GranaryJSON.decode(GranaryArtifact.self, schema: "granary.publish/1", from: text)
  }

  static func configuration(_ certificates: CertificateFolder, handshakeTimeout: String = "10 s") -> GranaryConfiguration {
    var sections = TLSSections()
    sections.fleet("node", of: certificates, trust: "ca", revoked: "revoked-list")
    sections.sslTorrent("secret.bin", showing: "node", of: certificates, minimum: "1.2")
    sections.sslTorrent("other.bin", showing: "second-node", of: certificates)
    sections.extra = ["limits: { handshake-timeout: \(handshakeTimeout) }"]
    var configuration = GranaryConfiguration.securing("ssl-torrent", "fleet", sections: sections)
    // Peers of an SSL torrent, by its authority's word; members of the fleet, by theirs.
    configuration.allow = []
    configuration.identities = ["fleet/spiffe://corp/edge/*", "torrent:*/cn:*"]
    configuration.requestRules = ["{ artifacts: [open.bin, secret.bin, other.bin] }"]
    return configuration
  }

  private static let plans: [CertificatePlan] = {
    func member(_ shown: Shown, _ change: (inout CertificatePlan) -> Void = { _ in }) -> CertificatePlan {
      var plan = CertificatePlan.member(shown.rawValue)
      plan.commonNames = ["*"]
      change(&plan)
      return plan
    }
    var middle = CertificatePlan.authority("middle")
    middle.issuer = "ca"
    var node = CertificatePlan.member("node", as: "spiffe://corp/depot")
    node.commonNames = ["*"]
    var chained = CertificatePlan.member("in-chain", issuer: "middle")
    chained.chain = true
    return [
      .authority("ca"), .authority("second"), .authority("strangers"), middle, node, .star("second-node", issuer: "second"),
      .star("second-member", issuer: "second"), member(.good), member(.foreign) { $0.issuer = "strangers" },
      member(.expired) { ($0.notBeforeDays, $0.notAfterDays) = (-10, -1) },
      member(.notYet) { ($0.notBeforeDays, $0.notAfterDays) = (1, 10) },
      member(.purpose) { $0.purposes = ["serverAuth"] },
      member(.wrongName) { ($0.commonNames, $0.alternatives) = (["another.bin"], ["URI:spiffe://corp/office/7"]) }, member(.revoked),
      member(.leafOnly) { $0.issuer = "middle" },
      chained,
    ]
  }()

  /// A probe of the listener for SSL torrents, or of the fleet's.
  func probe(_ label: String, fleet: Bool, _ kind: TLSProbe.Kind = .ask) -> TLSProbe {
    TLSProbe(label: label, peer: fleet ? fleetEndpoint : secretEndpoint, probe: kind)
  }

  /// The same with everything right: a member that asks for what it may have.
  func good(_ label: String, fleet: Bool, _ kind: TLSProbe.Kind = .ask) -> TLSProbe {
    var probe = probe(label, fleet: fleet, kind).showing("good", of: certificates)
    probe.hash = fleet ? open.handshakeHash : secret.handshakeHash
    probe.name = fleet ? nil : secret.handshakeHash
    return probe
  }
}
