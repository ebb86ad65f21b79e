import OpenSSL
import TestSupport
import Testing

/// Certificates, keys and lists as they are read from files, good files and others.
struct CertificateTests {
  @Test
  func aTextMayHoldSeveralAndOtherThings() throws {
    let authority = try TestAuthority()
    let (one, other) = (try authority.make(.star), try authority.make(.named))
    let list = try authority.revocationList()
    let text = "a note\n" + one.pem + (try one.key.pem()) + list.pem + "another note\n" + other.pem
    #expect(try Certificate.all(pem: Array(text.utf8)) == [one.leaf, other.leaf])
    #expect(try RevocationList.all(pem: Array(text.utf8)).map(\.issuer) == ["CN=Test CA"])
    #expect(try PrivateKey.parse(pem: Array(text.utf8)).matches(one.leaf))
    #expect(try Certificate.all(pem: []).isEmpty && Certificate.all(pem: Array("nothing".utf8)).isEmpty)
  }

  @Test
  func aDamagedBlockIsAnError() throws {
    let pem = Array(try TestAuthority().make(.star).pem.utf8)
    #expect(throws: OpenSSLError.self) { try Certificate.all(pem: Array(pem.prefix(pem.count / 2))) }
    var changed = pem
    changed[200] = UInt8(ascii: "!")
    #expect(throws: OpenSSLError.self) { try Certificate.all(pem: changed) }
    #expect(throws: OpenSSLError.self) { try Certificate.all(pem: pem + changed) }
  }

  /// A torrent's certificate is anybody's text; what is encrypted must not make a node ask on its terminal.
  @Test
  func nothingAsksForAPassphrase() throws {
    let lines = try TestAuthority().make(.star).leaf.pem.split(separator: "\n")
    let headers = ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF", ""]
    let text = ([String(lines[0])] + headers + lines.dropFirst().map(String.init)).joined(separator: "\n") + "\n"
    #expect(throws: OpenSSLError.self) { try Certificate.all(pem: Array(text.utf8)) }
  }

  @Test
  func anEncryptedKeyIsRefused() async throws {
    let folder = try TemporaryDirectory("key")
    let arguments = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes256", "-pass", "pass:x", "-out", "x.key"]
    try await ProcessRunner("openssl", arguments, workingFolder: folder.path).output()
    #expect(throws: OpenSSLError.self) { try PrivateKey.parse(pem: try folder.read("x.key")) }
  }

  @Test
  func derIsReadWhole() throws {
    let leaf = try TestAuthority().make(.star).leaf
    let der = leaf.der
    #expect(try Certificate(der: der) == leaf)
    #expect(throws: OpenSSLError.self) { try Certificate(der: der + [0]) }
    #expect(throws: OpenSSLError.self) { try Certificate(der: Array(der.dropLast())) }
    #expect(throws: OpenSSLError.self) { try Certificate(der: []) }
  }

  @Test
  func credentialsBelongTogether() throws {
    let authority = try TestAuthority()
    let (one, other) = (try authority.make(.star), try authority.make(.star))
    #expect(try Credentials(chain: one.chain, key: one.key).certificate == one.leaf)
    #expect(throws: Credentials.Mismatch.self) { try Credentials(chain: one.chain, key: other.key) }
    #expect(throws: Credentials.Mismatch.self) { try Credentials(chain: [], key: one.key) }
    #expect(throws: Credentials.Mismatch.self) { try Credentials(chain: one.chain, key: try PrivateKey.generate(.ed25519)) }
  }

  @Test
  func namesAreThePeersTextAndStayApart() throws {
    let authority = try TestAuthority()
    let leaf = try authority.issue("spiffe://corp/admin", [.dns("edge-7"), .uri("spiffe://corp/edge/7"), .uri("urn:x")]).leaf
    #expect(leaf.commonNames == ["spiffe://corp/admin"] && leaf.dnsNames == ["edge-7"])
    #expect(leaf.uris == ["spiffe://corp/edge/7", "urn:x"])
    #expect(leaf.spkiSHA256.count == 32 && !leaf.isAuthority && authority.root.certificate.isAuthority)
    #expect(authority.root.certificate.isSelfSigned && !leaf.isSelfSigned && leaf.isSigned(by: authority.root.certificate))
    #expect(leaf.isFit(for: .client) && leaf.isFit(for: .server))
    #expect(try authority.make(.clientOnly).leaf.isFit(for: .client) && !authority.make(.clientOnly).leaf.isFit(for: .server))
  }
}
