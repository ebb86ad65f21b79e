import Foundation
import TestSupport
import Testing

extension Interop {
  /// What becomes of links that stand when a certificate's time is over, or a list changes.
  @Suite struct TLSLifeTests {
    /// A fleet's node that has something, and certificates.
    private struct Fleet {
      let host: GranaryHost
      let certificates: CertificateFolder
      let artifact: GranaryArtifact
      let node: GranaryProcess

      static func make() async throws -> Fleet {
        var (middle, chained) = (CertificatePlan.authority("middle"), CertificatePlan.member("in-chain", issuer: "middle"))
        (middle.issuer, chained.chain) = ("ca", true)
        let certificates = try await CertificateFolder(
          [.authority("ca"), middle, .member("node"), .member("edge"), .member("other"), chained],
          revocations: [RevocationPlan(name: "list"), RevocationPlan(name: "middle-list", issuer: "middle")])
        _ = try certificates.bundle("list", "middle-list", as: "lists")
        var sections = TLSSections()
        sections.fleet("node", of: certificates, trust: "ca", revoked: "lists")
        let host = try GranaryHost(.securing("fleet", sections: sections))
        let artifact = try await host.publish(try host.make(.singleFile))
        return Fleet(host: host, certificates: certificates, artifact: artifact, node: try await host.start())
      }

      func probe(_ name: String, _ kind: TLSProbe.Kind, limit: Double = 8) -> TLSProbe {
        var probe = TLSProbe(label: name, peer: node.endpoint(), probe: kind).showing(name, of: certificates)
        (probe.hash, probe.limit, probe.bytes) = (artifact.handshakeHash, limit, "")
        return probe
      }

      /// Takes a block and stays; whoever is still there after so many seconds is not closed.
      func stays(_ name: String, limit: Double) -> TLSProbe { probe(name, .insert, limit: limit) }

      /// Waits until so many peers are there.
      func waitForPeers(_ count: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try await host.status().peers != count {
          guard ContinuousClock.now < deadline else { throw ProcessFailure("not \(count) peers: \(node.process.errors)") }
        }
      }
    }

    @Test func `a link ends when the certificate that it was made with does`() async throws {
      let fleet = try await Fleet.make()
      var brief = CertificatePlan.member("brief")
      brief.notAfterDays = 20.0 / 86_400
      try await fleet.certificates.add([brief])
      let sights = try await TLSProbe.run([fleet.stays("brief", limit: 60), fleet.stays("edge", limit: 32)])
      #expect(sights[0].served && sights[0].isOver && sights[0].notify, "\(sights)")
      #expect(sights[1].served && sights[1].end == "silence", "\(sights)")
      #expect(try await fleet.host.refusals(of: "127.0.0.1").contains { $0.reason?.contains("expired") == true })
      try await fleet.node.terminate()
    }

    @Test func `a list that is replaced is noticed without a word, and ends the links of those on it`() async throws {
      let fleet = try await Fleet.make()
      let running = try TLSProbe.start([fleet.stays("edge", limit: 20), fleet.stays("other", limit: 10)])
      try await fleet.waitForPeers(2)
      try await fleet.certificates.add([], revocations: [RevocationPlan(name: "list", certificates: ["edge"])])
      _ = try fleet.certificates.bundle("list", "middle-list", as: "lists")
      let sights = try await running.sights()
      #expect(sights[0].served && sights[0].isOver && sights[0].notify, "\(sights)")
      #expect(sights[1].served && sights[1].end == "silence", "\(sights)")
      #expect(try await fleet.host.refusals(of: "127.0.0.1").contains { $0.reason?.contains("revoked") == true })
      try await fleet.node.terminate()
    }

    @Test func `a list that has expired denies everybody, and one that is missing those below its authority`() async throws {
      let fleet = try await Fleet.make()
      let probes = ["edge", "in-chain"].map { fleet.probe($0, .fetch) }
      #expect(try await TLSProbe.run(probes).map(\.served) == [true, true])
      _ = try fleet.certificates.bundle("list", as: "lists")
      #expect(try await fleet.host.run("reload").exit == .code(0))
      #expect(try await TLSProbe.run(probes).map(\.served) == [true, false])
      var stale = RevocationPlan(name: "list")
      (stale.lastUpdateDays, stale.nextUpdateDays) = (-3, -1)
      try await fleet.certificates.add([], revocations: [stale])
      _ = try fleet.certificates.bundle("list", "middle-list", as: "lists")
      _ = try await fleet.host.run("reload")
      #expect(try await TLSProbe.run(probes).map(\.served) == [false, false])
      #expect(try await fleet.host.status().warnings.contains { $0.contains("expired") })
      try await fleet.node.terminate()
    }

    @Test func `that a certificate of ours or a list ends soon is a warning`() async throws {
      var node = CertificatePlan.member("node")
      node.notAfterDays = 5
      let list = RevocationPlan(name: "list", nextUpdateDays: 1.5)
      let certificates = try await CertificateFolder([.authority("ca"), node], revocations: [list])
      var sections = TLSSections()
      sections.fleet("node", of: certificates, trust: "ca", revoked: "list")
      let host = try GranaryHost(.securing("fleet", sections: sections))
      let running = try await host.start()
      let warnings = try await host.status().warnings
      for key in ["tls.fleet.certificate", "tls.fleet.revoked"] { #expect(warnings.contains { $0.contains(key) }, "\(warnings)") }
      try await running.terminate()
    }
  }
}
