import Foundation
import TestSupport
import Testing

extension Interop {
  /// Whom a node dials over TLS, and what those learn whom it does not trust.
  @Suite struct TLSDialTests {
    @Test func `whoever cannot prove to be of the fleet learns nothing when we dial: not our name, not what we have`() async throws {
      let lists = [RevocationPlan(name: "revocations", certificates: ["revoked"]), RevocationPlan(name: "middle-list", issuer: "middle")]
      let certificates = try await CertificateFolder(Self.plans, revocations: lists)
      _ = try certificates.bundle("revocations", "middle-list", as: "lists")
      let shown = ["good", "in-chain", "foreign", "expired", "not-yet", "purpose", "revoked", "ca", "leaf-only"]
      var plans = shown.enumerated().map { number, name in
        TLSServers.Plan(
          label: name, bind: "127.86.0.\(number + 1)", certificate: certificates.certificate(name), key: certificates.key(name),
          authorities: certificates.certificate("ca"))
      }
      for label in ["old", "plain"] {
        var plan = plans[0]
        (plan.label, plan.bind) = (label, "127.86.0.\(plans.count + 1)")
        (plan.version, plan.plain) = (label == "old" ? "1.2" : nil, label == "plain")
        plans.append(plan)
      }
      var sections = TLSSections()
      sections.fleet("node", of: certificates, trust: "ca", revoked: "lists")
      sections.peers = plans.map { "{ address: \"\($0.bind):7001\", tls: fleet }" }
      let host = try GranaryHost(.securing("fleet", sections: sections))
      _ = try await host.publish(try host.make(.singleFile))
      let servers = try await TLSServers.start(plans)
      let node = try await host.start()
      for report in try await servers.finish() {
        expect(report, isTrusted: report.label == "good" || report.label == "in-chain")
      }
      let refusals = try await host.refusals()
      for plan in plans.dropFirst(2) where !plan.plain {
        #expect(refusals.contains { $0.host == plan.bind && $0.reason?.isEmpty == false }, "\(plan.label): nothing in the journal")
      }
      try await node.terminate()
    }

    private func expect(_ report: TLSServers.Report, isTrusted: Bool) {
      #expect(report.came, "\(report)")
      #expect(report.name == nil, "\(report)")
      guard !isTrusted else {
        #expect(report.connected && report.certified && report.plaintext >= PeerBytes.handshakeLength, "\(report)")
        return
      }
      #expect(!report.connected && !report.certified, "\(report)")
      if report.label == "plain" {
        // A ClientHello, and no BitTorrent.
        #expect(report.plaintext > 0, "\(report)")
      } else {
        #expect(report.plaintext == 0, "\(report)")
        let alert = report.label == "old" ? "TLSV1_ALERT_PROTOCOL_VERSION" : "SSLV3_ALERT_HANDSHAKE_FAILURE"
        #expect(report.alert == alert || report.label == "old", "\(report)")
      }
    }

    private static let plans: [CertificatePlan] = {
      func plan(_ name: String, issuer: String = "ca", _ change: (inout CertificatePlan) -> Void = { _ in }) -> CertificatePlan {
        var plan = CertificatePlan.member(name, issuer: issuer)
        change(&plan)
        return plan
      }
      var middle = CertificatePlan.authority("middle")
      middle.issuer = "ca"
      return [
        .authority("ca"), .authority("strangers"), middle, plan("node"), plan("good"), plan("foreign", issuer: "strangers"),
        plan("expired") { ($0.notBeforeDays, $0.notAfterDays) = (-10, -1) },
        plan("not-yet") { ($0.notBeforeDays, $0.notAfterDays) = (1, 10) },
        plan("purpose") { $0.purposes = ["clientAuth"] }, plan("revoked"), plan("leaf-only", issuer: "middle"),
        plan("in-chain", issuer: "middle") { $0.chain = true },
      ]
    }()
  }
}
