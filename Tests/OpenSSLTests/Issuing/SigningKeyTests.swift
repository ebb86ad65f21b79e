import Foundation
import OpenSSL
import TestSupport
import Testing

/// Keys, and which certificates they go with.
struct SigningKeyTests {
  @Test(arguments: SigningKey.Kind.allCases)
  func aKeySurvivesItsFile(kind: SigningKey.Kind) async throws {
    let key = try SigningKey.generate(kind)
    let pem = try key.pem()
    #expect(try SigningKey.parse(pem: pem).pem() == pem)
    let folder = try TemporaryDirectory("key")
    try folder.write(pem, to: "x.key")
    let check = try await ProcessRunner("openssl", ["pkey", "-in", folder.path("x.key"), "-noout", "-check"]).output()
    #expect(check.contains("Key is valid") || kind == .ed25519)
  }

  @Test
  func whatIsNoKeyIsAnErrorWithReasons() throws {
    let error = #expect(throws: OpenSSLError.self) { try SigningKey.parse(pem: Array("hello".utf8)) }
    #expect(error?.reasons.isEmpty == false)
    #expect(throws: OpenSSLError.self) { try SigningKey.parse(pem: []) }
    #expect(throws: OpenSSLError.self) { try CertificateSummary(pem: try SigningKey.generate().pem()) }
    #expect(throws: OpenSSLError.self) { try CertificateSummary(der: []) }
  }

  @Test
  func aKeyUnderAPassphraseIsRefusedWithoutAsking() async throws {
    let folder = try TemporaryDirectory("key")
    let file = try folder.write(try SigningKey.generate().pem(), to: "x.key")
    let arguments = ["pkcs8", "-topk8", "-in", file, "-passout", "pass:secret", "-out", folder.path("y.key")]
    try await ProcessRunner("openssl", arguments).output()
    #expect(throws: OpenSSLError.self) { try SigningKey.parse(pem: try folder.read("y.key")) }
  }

  @Test
  func anAuthorityNeedsItsOwnKeyAndTheRight() throws {
    let authority = try TestAuthority()
    #expect(throws: IssuingError.keyMismatch) { try CertificateAuthority(der: authority.root.der, key: try .generate()) }
    let leaf = try authority.make(.star)
    #expect(throws: IssuingError.notAnAuthority) { try CertificateAuthority(der: leaf.chain[0], key: leaf.key) }
  }

  @Test
  func filesOfATestHaveTheModesThatAreDemanded() throws {
    let folder = try TemporaryDirectory("files")
    let files = try TestAuthority().make(.star).write(to: folder, named: "peer")
    let mode = try FileManager.default.attributesOfItem(atPath: files.key)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try CertificateSummary(pem: try folder.read("peer.pem")).commonNames == ["*"])
  }
}
