import OpenSSL
import TestSupport
import Testing

/// The verdict on what a peer shows.
struct TrustStoreTests {
  private let authority: TestAuthority

  init() throws { authority = try TestAuthority() }

  private func store(_ shape: TrustStore.Shape = .chains, lists: [RevocationList]? = nil) throws -> TrustStore {
    try TrustStore(anchors: [authority.root.certificate], revocationLists: lists, shape: shape)
  }

  private func code(
    _ shown: [Certificate], _ store: TrustStore, as role: PeerRole = .client, after seconds: Int64 = 0
  ) -> CertificateRejection.Code? {
    do throws(CertificateRejection) {
      _ = try store.judge(shown, as: role, at: authority.now + seconds)
      return nil
    } catch {
      return error.code
    }
  }

  @Test(arguments: [TrustStore.Shape.chains, .direct])
  func eachRefusalHasItsCode(shape: TrustStore.Shape) throws {
    let store = try store(shape)
    let expected: [(TestAuthority.Case, CertificateRejection.Code?)] = [
      (.star, nil), (.named, nil), (.nameless, nil), (.foreign, .untrusted), (.selfSigned, .wrongPurpose), (.expired, .expired),
      (.notYetValid, .notYetValid), (.serverOnly, .wrongPurpose), (.clientOnly, nil), (.authority, .wrongPurpose),
      (.belowIntermediate, shape == .chains ? nil : .untrusted), (.intermediateMissing, .untrusted),
    ]
    for (kind, verdict) in expected {
      #expect(code(try authority.make(kind).chain, store) == verdict, "\(kind)")
    }
    #expect(code([], store) == .missing)
    #expect(code(try authority.make(.clientOnly).chain, store, as: .server) == .wrongPurpose)
    #expect(code(try authority.make(.serverOnly).chain, store, as: .server) == nil)
  }

  @Test
  func aPeersOwnSelfSignedCertificateIsUntrusted() throws {
    let stranger = try TestAuthority("Test CA").issue("*")
    var description = CertificateDescription(commonName: "*", notBefore: authority.now - 60, notAfter: authority.now + 60)
    description.purposes = [.clientAuth]
    #expect(code(stranger.chain, try store()) == .untrusted)
    // What it sends along vouches for nothing.
    let own = try TestAuthority("Other CA")
    #expect(code(try own.issue("*").chain + [own.root.certificate], try store()) == .untrusted)
    #expect(code(try own.issue("*").chain + [own.root.certificate, authority.root.certificate], try store()) == .untrusted)
  }

  /// A leaf is no authority, whatever it signs.
  @Test
  func aLeafVouchesForNobody() throws {
    let middle = try authority.make(.star)
    let description = CertificateDescription.authority("*", notBefore: authority.now - 60, notAfter: authority.now + 600)
    let pretended = try CertificateAuthority.root(description, key: middle.key)
    let leaf = try authority.issue("victim", by: pretended)
    #expect(code([leaf.leaf, middle.leaf], try store()) == .untrusted)
  }

  @Test
  func anIntermediateIsNoAnchorOfATorrent() throws {
    let middle = try authority.intermediate()
    let leaf = try authority.issue(below: middle)
    for shape in [TrustStore.Shape.chains, .direct] {
      let store = try TrustStore(anchors: [middle.certificate], shape: shape)
      #expect(code(leaf.chain, store) == .untrusted && code(leaf.chain + [authority.root.certificate], store) == .untrusted)
    }
    // Nor is one below the root that vouches for it allowed further ones.
    let deeper = try CertificateAuthority(
      certificate: try middle.issue(.authority("Deeper", notBefore: authority.now - 60, notAfter: authority.now + 60), for: middle.key),
      key: middle.key)
    #expect(code([try authority.issue("*", by: deeper).leaf, deeper.certificate, middle.certificate], try store()) == .untrusted)
  }

  @Test
  func anAnchorThatIsOutOfDateVouchesForNobody() throws {
    let leaf = try authority.issue("*") { $0.notAfter = authority.now + 100 * TestAuthority.year }
    #expect(code(leaf.chain, try store(), after: 9 * TestAuthority.year) == nil)
    #expect(code(leaf.chain, try store(), after: 11 * TestAuthority.year) == .expired)
  }

  @Test
  func approvalSaysHowLongItHolds() throws {
    let leaf = try authority.make(.belowIntermediate)
    let approval = try store().judge(leaf.chain, as: .client, at: authority.now)
    #expect(approval.chain == leaf.chain + [authority.root.certificate] && approval.validUntil == leaf.leaf.notAfter)
    let list = try authority.revocationList(validity: 3_600)
    let other = try authority.make(.star)
    let listed = try store(lists: [list]).judge(other.chain, as: .client, at: authority.now)
    #expect(listed.validUntil == list.nextUpdate)
  }

  @Test
  func severalAnchorsOverlapWhileOneIsReplaced() throws {
    let new = try TestAuthority()
    let both = try TrustStore(anchors: [authority.root.certificate, new.root.certificate], shape: .chains)
    let (old, fresh) = (try authority.make(.star), try new.make(.star))
    #expect(code(old.chain, both) == nil && code(fresh.chain, both) == nil)
    let lists = [try authority.revocationList([old]), try new.revocationList()]
    let listed = try TrustStore(anchors: both.anchors, revocationLists: lists, shape: .chains)
    #expect(code(old.chain, listed) == .revoked && code(fresh.chain, listed) == nil)
  }

  // MARK: Weak signatures and keys

  @Test
  func aWeakSignatureIsUntrusted() async throws {
    let weak = try WeakCertificates(authority)
    let curve = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    #expect(code([try await weak.leaf(key: curve, digest: "-sha1")], try store(), after: 600) == .untrusted)
    #expect(code([try await weak.leaf(key: curve, digest: "-sha256")], try store(), after: 600) == nil)
  }

  @Test
  func aShortKeyIsUntrusted() async throws {
    let weak = try WeakCertificates(authority)
    #expect(code([try await weak.leaf(key: ["rsa:1024"], digest: "-sha256")], try store(), after: 600) == .untrusted)
    #expect(code([try await weak.leaf(key: ["rsa:2048"], digest: "-sha256")], try store(), after: 600) == nil)
  }
}

/// Certificates that no authority should make these days, by the `openssl` program.
private struct WeakCertificates {
  private let folder: TemporaryDirectory

  init(_ authority: TestAuthority) throws {
    folder = try TemporaryDirectory("weak")
    try authority.write(to: folder)
    try folder.write(Array(try authority.root.key.pem().utf8), to: "ca.key")
  }

  func leaf(key: [String], digest: String) async throws -> Certificate {
    try await openssl(["req", "-new", "-newkey"] + key + ["-nodes", "-keyout", "x.key", "-subj", "/CN=*", "-out", "x.csr"])
    try await openssl(
      ["x509", "-req", digest, "-in", "x.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "30", "-set_serial", "7", "-out", "x.pem"])
    return try #require(try Certificate.all(pem: try folder.read("x.pem")).first)
  }

  private func openssl(_ arguments: [String]) async throws {
    try await ProcessRunner("openssl", arguments, workingFolder: folder.path).output()
  }
}
