import Foundation
import TestSupport
import Testing

extension Interop {
  /// Keys and certificates with which a node must not start.
  @Suite struct TLSStartTests {
    enum Fault: String, CaseIterable, CustomTestStringConvertible {
      case readableByOthers, writableByGroup, anothersKey, expired, missingKey, missingCertificate
      case garbledKey, garbledCertificate, missingTrust, garbledList

      var testDescription: String { rawValue }
    }

    @Test(arguments: Fault.allCases)
    func `a key or a certificate that is no good stops the start with 78 and the file's name`(_ fault: Fault) async throws {
      let certificates = try await CertificateFolder([.authority("ca"), .member("node"), .member("another"), Self.expired])
      let host = try GranaryHost()
      var sections = TLSSections()
      sections.fleet("node", of: certificates, trust: "ca")
      let file = try spoil(certificates, &sections, fault)
      try host.configure(.securing("fleet", sections: sections))
      for command in ["check", "run"] {
        let result = try await host.run(command, within: .seconds(60))
        #expect(result.exit == .code(78), "\(result)")
        #expect((result.errors + result.output).contains(file), "\(result)")
      }
    }

    @Test func `with all of them good it starts`() async throws {
      let certificates = try await CertificateFolder(
        [.authority("ca"), .member("node")], revocations: [RevocationPlan(name: "revocations")])
      let host = try GranaryHost()
      var sections = TLSSections()
      sections.fleet("node", of: certificates, trust: "ca", revoked: "revocations")
      try host.configure(.securing("fleet", sections: sections))
      let node = try await host.start()
      #expect(node.status.listeners.map(\.tls) == ["fleet"])
      try await node.terminate()
    }

    @Test func `a node that speaks plain to nobody has no plain listener`() async throws {
      let certificates = try await CertificateFolder([.authority("ca"), .member("node")])
      let host = try GranaryHost()
      var sections = TLSSections()
      sections.fleet("node", of: certificates, trust: "ca")
      sections.extra = ["links: tls"]
      var configuration = GranaryConfiguration.securing("fleet", sections: sections)
      configuration.listen = ["127.0.0.1:0"]
      try host.configure(configuration)
      let result = try await host.run("run", within: .seconds(60))
      #expect(result.exit == .code(78) && result.errors.contains("listen"), "\(result)")
    }

    private static let expired: CertificatePlan = {
      var plan = CertificatePlan.member("expired")
      (plan.notBeforeDays, plan.notAfterDays) = (-10, -1)
      return plan
    }()

    /// Makes it so; gives the file that is to be named.
    private func spoil(_ certificates: CertificateFolder, _ sections: inout TLSSections, _ fault: Fault) throws -> String {
      let (certificate, key) = (certificates.certificate("node"), certificates.key("node"))
      switch fault {
      case .readableByOthers: try chmod(key, 0o644)
      case .writableByGroup: try chmod(key, 0o660)
      case .anothersKey: try certificates.folder.write(certificates.folder.read("another.key"), to: "node.key")
      case .expired:
        sections.fleet("expired", of: certificates, trust: "ca")
        return certificates.certificate("expired")
      case .missingKey: try FileManager.default.removeItem(atPath: key)
      case .garbledKey:
        try certificates.folder.write(Array("-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n".utf8), to: "node.key")
        try chmod(key, 0o600)
      case .missingCertificate:
        try FileManager.default.removeItem(atPath: certificate)
        return certificate
      case .garbledCertificate:
        try certificates.folder.write([0x30, 0x82], to: "node.pem")
        return certificate
      case .missingTrust:
        sections.fleet("node", of: certificates, trust: "nowhere")
        return certificates.certificate("nowhere")
      case .garbledList:
        try certificates.folder.write(Array("nothing".utf8), to: "list.pem")
        sections.fleet("node", of: certificates, trust: "ca", revoked: "list")
        return certificates.certificate("list")
      }
      return key
    }

    private func chmod(_ path: String, _ mode: Int) throws {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
  }
}
