import Foundation
import TestSupport
import Testing

@testable import GranaryNode

/// The commands as processes: their documents, their exit codes, and many at once.
struct PKICommandTests {
  private struct Issued: Decodable {
    let serial: String
    let state: String
    let identities: [String]
  }

  private struct IssueDocument: Decodable {
    let certificate: String
    let key: String
    let issued: Issued
  }

  private struct ShowDocument: Decodable {
    struct List: Decodable {
      let number: UInt64
      let revoked: [String]
      let daysLeft: Int
    }

    let certificates: [Issued]
    let revocationLists: [List]
    let warnings: [String]
  }

  private let folder: TemporaryDirectory

  init() async throws {
    folder = try TemporaryDirectory("pki-command")
    try await run("init").output()
  }

  private func run(_ arguments: String...) -> ProcessRunner {
    let binary = URL(fileURLWithPath: GranaryHost.binary).deletingLastPathComponent().path + "/granary-chaos"
    return ProcessRunner(binary, ["pki"] + arguments, workingFolder: folder.path)
  }

  private func show() async throws -> ShowDocument {
    try GranaryJSON.decode(ShowDocument.self, schema: "granary.pki.show/1", from: try await run("show", "--json").output())
  }

  private func verify(_ name: String) async throws -> ProcessResult {
    let arguments = ["verify", "-x509_strict", "-purpose", "sslserver", "-crl_check", "-CAfile", "ca.pem", "-CRLfile", "revoked.pem"]
    return try await ProcessRunner("openssl", arguments + [name + ".pem"], workingFolder: folder.path("pki")).run()
  }

  @Test
  func aCertificateFromItsIssueToItsEnd() async throws {
    let text = try await run("issue", "edge-7", "--spiffe", "spiffe://corp/edge/7", "--dns", "*", "--json").output()
    let document = try GranaryJSON.decode(IssueDocument.self, schema: "granary.pki.issue/1", from: text)
    #expect(document.certificate == folder.path("pki/edge-7.pem") && document.key == folder.path("pki/edge-7.key"))
    #expect(document.issued.identities.prefix(3) == ["spiffe://corp/edge/7", "dns:*", "cn:edge-7"])
    #expect(document.issued.identities.last?.hasPrefix("spki:") == true && document.issued.state == "good")
    #expect(try await verify("edge-7").exit == .code(0))
    try await run("revoke", "edge-7", "--reason", "key-compromise").output()
    let verdict = try await verify("edge-7")
    #expect(verdict.errors.contains("certificate revoked"), "\(verdict)")
    let shown = try await show()
    #expect(shown.certificates.map(\.state) == ["revoked"] && shown.warnings.isEmpty)
    #expect(shown.revocationLists.map(\.number) == [2] && shown.revocationLists.map(\.revoked) == [[document.issued.serial]])
    // Thirty only within the second in which it was signed.
    #expect(shown.revocationLists.count == 1 && shown.revocationLists.allSatisfy { $0.daysLeft == 29 || $0.daysLeft == 30 })
  }

  @Test
  func manyAtOnceLoseNothing() async throws {
    let names = (0..<8).map { "edge-\($0)" }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for name in names { group.addTask { try await run("issue", name).output() } }
      for _ in 0..<4 { group.addTask { try await run("revoke", "--renew").output() } }
      try await group.waitForAll()
    }
    let shown = try await show()
    #expect(shown.certificates.count == 8 && Set(shown.certificates.map(\.serial)).count == 8)
    #expect(shown.revocationLists.map(\.number) == [5])
    for name in names { #expect(try await verify(name).exit == .code(0)) }
  }

  private static let codes: [(line: String, code: Int32)] = [
    ("init", 73), ("init --dir x --days 0", 64), ("issue a/b", 64), ("issue x --for nobody", 64), ("issue x --spiffe spiffe:///x", 64),
    ("issue x --dns=", 64), ("issue x --days 4000", 64), ("revoke", 64), ("revoke x --renew", 64), ("revoke nobody", 66),
    ("show nobody", 66), ("show --dir nowhere", 66), ("show pki/index.jsonl", 65), ("show /", 66), ("show pki/ca.pem", 0),
    ("show pki/revoked.pem", 0),
  ]

  @Test(arguments: codes)
  func exitCodes(line: String, code: Int32) async throws {
    var command = run()
    command.arguments += line.split(separator: " ").map(String.init) + ["--json"]
    let result = try await command.run()
    #expect(result.exit == .code(code), "\(result)")
    #expect(result.errors.contains("\"code\":\(code)") == (code != 0))
  }

  @Test
  func textForPeopleNamesWhatMatters() async throws {
    try await run("issue", "edge-7").output()
    let shown = try await run("show").output()
    #expect(shown.contains("CN=Granary CA") && shown.contains("edge-7") && shown.contains("days left"))
    #expect(try await run("show", "edge-7").output().contains("cn:edge-7"))
    #expect(!AuthorityFolder.exists(folder.path("x")))
  }
}
