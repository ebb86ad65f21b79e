import Foundation
import Settings
import TestSupport
import Testing

@testable import GranaryNode

/// What keeps a node from starting: each with the file and its place in the YAML.
@Suite struct LinkKeeperFaultTests {
  /// The lines of the failure that loading gives; empty where it succeeds.
  private func faults(_ settings: NodeSettings, now: Int64 = TestTime.now) throws -> [String] {
    do {
      _ = try LinkKeeper(settings, now: now)
      return []
    } catch let failure as Failure {
      #expect(failure.status == .configuration)
      return failure.lines.map { "\($0.place ?? "-"): \($0.message)" }
    }
  }

  private func line(_ folder: borrowing CertificateFolder, _ column: Int, _ key: String, _ file: String, _ problem: String) -> String {
    "\(folder.folder.path("node.yaml")):3:\(column): tls.fleet.\(key): \(folder.folder.path(file)): \(problem)"
  }

  @Test func whatIsRightHasNoFaults() throws {
    let folder = try CertificateFolder()
    #expect(try faults(try folder.fleet()).isEmpty)
  }

  @Test func filesThatAreNotThereAreToldAllAtOnce() throws {
    let folder = try CertificateFolder()
    let settings = try folder.settings("  fleet: { certificate: node.pem, key: node.key, trust: ca.pem, revoked: r.pem }")
    let problem = "cannot be read: No such file or directory"
    #expect(
      try faults(settings) == [
        line(folder, 25, "certificate", "node.pem", problem), line(folder, 40, "key", "node.key", problem),
        line(folder, 57, "trust", "ca.pem", problem), line(folder, 74, "revoked", "r.pem", problem),
      ])
  }

  @Test(arguments: ["node.pem", "node.key", "ca.pem", "r.pem"])
  func whatIsNotPEMIsTold(file: String) throws {
    let folder = try CertificateFolder()
    let settings = try folder.fleet(", revoked: r.pem")
    try FileManager.default.copyItem(atPath: try folder.revoke(by: "ca"), toPath: folder.folder.path("r.pem"))
    #expect(try faults(settings).isEmpty)
    try folder.folder.write(Array("not PEM\n".utf8), to: file)
    chmod(folder.folder.path(file), 0o600)
    let lines = try faults(settings)
    #expect(lines.count == 1)
    #expect(lines.first?.contains("\(folder.folder.path(file)): holds no") == true, "\(lines)")
  }

  @Test(arguments: [(0o604, "others"), (0o602, "others"), (0o601, "others"), (0o620, "group")])
  func aKeyThatIsNotOnlyOursIsTold(mode: Int, who: String) throws {
    let folder = try CertificateFolder()
    let settings = try folder.fleet()
    chmod(folder.path("node", "key"), mode_t(mode))
    let lines = try faults(settings)
    #expect(lines.count == 1)
    #expect(lines.first?.contains("tls.fleet.key: \(folder.path("node", "key")): ") == true)
    #expect(lines.first?.contains(who) == true && lines.first?.contains("mode \(String(mode, radix: 8))") == true)
  }

  @Test func aKeyThatTheGroupMayReadIsAWarning() throws {
    let folder = try CertificateFolder()
    let settings = try folder.fleet()
    chmod(folder.path("node", "key"), 0o640)
    let keeper = try LinkKeeper(settings, now: TestTime.now)
    #expect(
      keeper.warnings(now: TestTime.now).map(\.text) == [
        "tls.fleet.key: \(folder.path("node", "key")): its group may read this key (mode 640)"
      ])
  }

  @Test func aKeyOfAnotherCertificateIsTold() throws {
    let folder = try CertificateFolder()
    let settings = try folder.fleet()
    try folder.make("other", by: "ca")
    try folder.replace(folder.path("node", "key"), with: folder.path("other", "key"))
    let lines = try faults(settings)
    #expect(lines.count == 1)
    #expect(lines.first?.contains("tls.fleet.key: \(folder.path("node", "key")): is not the key of ") == true, "\(lines)")
    #expect(lines.first?.hasSuffix("in \(folder.path("node", "pem"))") == true, "\(lines)")
  }

  @Test func aCertificateBeforeOrAfterItsTimeIsTold() throws {
    let folder = try CertificateFolder()
    let settings = try folder.fleet()
    let late = try faults(settings, now: TestTime.now + 366 * 86_400)
    #expect(late.count == 1 && late.first?.contains("\(folder.path("node", "pem")): ") == true)
    #expect(late.first?.contains(" expired at 20") == true, "\(late)")
    let early = try faults(settings, now: TestTime.now - 86_400)
    #expect(early.count == 1 && early.first?.contains(" is not valid before 20") == true, "\(early)")
  }

  @Test(arguments: [("serverAuth", "clientAuth"), ("clientAuth", "serverAuth"), ("emailProtection", "serverAuth")])
  func aCertificateForAnotherPurposeIsTold(usage: String, missing: String) throws {
    let folder = try CertificateFolder()
    try folder.make("ca", isAuthority: true)
    try folder.make("node", by: "ca", usage: usage)
    let lines = try faults(try folder.settings("  fleet: { certificate: node.pem, key: node.key, trust: ca.pem }"))
    #expect(lines.first?.contains("tls.fleet.certificate: \(folder.path("node", "pem")): ") == true, "\(lines)")
    #expect(lines.first?.contains("is not for \(missing)") == true, "\(lines)")
    #expect(lines.count == (usage == "emailProtection" ? 2 : 1))
  }

  @Test func bothPurposesAreFine() throws {
    let folder = try CertificateFolder()
    try folder.make("ca", isAuthority: true)
    try folder.make("node", by: "ca", usage: "serverAuth,clientAuth")
    #expect(try faults(try folder.settings("  fleet: { certificate: node.pem, key: node.key, trust: ca.pem }")).isEmpty)
  }

  @Test func trustWithoutAnAuthorityIsTold() throws {
    let folder = try CertificateFolder()
    let settings = try folder.fleet()
    try folder.replace(folder.path("ca", "pem"), with: folder.path("node", "pem"))
    let lines = try faults(settings)
    #expect(lines.count == 1)
    #expect(lines.first?.contains("tls.fleet.trust: \(folder.path("ca", "pem")): holds no certificate of an authority") == true, "\(lines)")
  }

  @Test func aCertificateForSSLTorrentsIsLookedAtLikeAnyOther() throws {
    let folder = try CertificateFolder()
    let settings = try folder.settings(
      "  ssl-torrent: [{ artifacts: [\"*\"], certificate: t.pem, key: t.key }]", listen: ["tls: ssl-torrent"])
    let lines = try faults(settings)
    #expect(lines.count == 2)
    #expect(
      lines.first?.hasSuffix("tls.ssl-torrent[0].certificate: \(folder.folder.path("t.pem")): cannot be read: No such file or directory")
        == true)
  }
}

/// The time of a test that has just made its certificates.
enum TestTime {
  static var now: Int64 { Int64(Date().timeIntervalSince1970) }
}
