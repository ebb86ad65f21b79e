import Foundation
import OpenSSL
import TestSupport
import Testing

/// Keys, and which certificates they go with.
struct PrivateKeyIssuingTests {
  @Test(arguments: PrivateKey.Kind.allCases)
  func aKeySurvivesItsFile(kind: PrivateKey.Kind) async throws {
    let key = try PrivateKey.generate(kind)
    let pem = try key.pem()
    #expect(try PrivateKey.parse(pem: Array(pem.utf8)).pem() == pem)
    let folder = try TemporaryDirectory("key")
    try folder.write(Array(pem.utf8), to: "x.key")
    let check = try await ProcessRunner("openssl", ["pkey", "-in", folder.path("x.key"), "-noout", "-check"]).output()
    #expect(check.contains("Key is valid") || kind == .ed25519)
  }

  @Test
  func whatIsNoKeyIsAnErrorWithReasons() throws {
    let error = #expect(throws: OpenSSLError.self) { try PrivateKey.parse(pem: Array("hello".utf8)) }
    #expect(error?.reasons.isEmpty == false)
    #expect(throws: OpenSSLError.self) { try PrivateKey.parse(pem: []) }
  }

  @Test
  func aKeyUnderAPassphraseIsRefusedWithoutAsking() async throws {
    let folder = try TemporaryDirectory("key")
    let file = try folder.write(Array(try PrivateKey.generate().pem().utf8), to: "x.key")
    let arguments = ["pkcs8", "-topk8", "-in", file, "-passout", "pass:secret", "-out", folder.path("y.key")]
    try await ProcessRunner("openssl", arguments).output()
    #expect(throws: OpenSSLError.self) { try PrivateKey.parse(pem: try folder.read("y.key")) }
  }

  @Test
  func anAuthorityNeedsItsOwnKeyAndTheRight() throws {
    let authority = try TestAuthority()
    #expect(throws: IssuingError.keyMismatch) { try CertificateAuthority(certificate: authority.root.certificate, key: try .generate()) }
    let leaf = try authority.make(.star)
    #expect(throws: IssuingError.notAnAuthority) { try CertificateAuthority(certificate: leaf.leaf, key: leaf.key) }
  }

  @Test
  func filesOfATestHaveTheModesThatAreDemanded() throws {
    let folder = try TemporaryDirectory("files")
    let files = try TestAuthority().make(.star).write(to: folder, named: "peer")
    let mode = try FileManager.default.attributesOfItem(atPath: files.key)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try Certificate.all(pem: try folder.read("peer.pem")).map(\.commonNames) == [["*"]])
  }
}
