import OpenSSL
import TestSupport
import Testing

/// What lists of revocations make of a chain: what there is no current list for is not taken.
struct RevocationTests {
  private let authority: TestAuthority

  init() throws { authority = try TestAuthority() }

  private func code(
    _ certificate: TestCertificate, _ lists: [RevocationList]?, after seconds: Int64 = 0
  ) throws -> CertificateRejection.Code? {
    let store = try TrustStore(anchors: [authority.root.certificate], revocationLists: lists, shape: .chains)
    do throws(CertificateRejection) {
      _ = try store.judge(certificate.chain, as: .client, at: authority.now + seconds)
      return nil
    } catch {
      return error.code
    }
  }

  @Test
  func aListNamesWhoIsOut() throws {
    let (bad, good) = (try authority.make(.star), try authority.make(.star))
    let list = try authority.revocationList([bad])
    #expect(try code(bad, [list]) == .revoked && code(good, [list]) == nil && code(bad, nil) == nil)
  }

  @Test
  func noListOrAStaleOneDenies() throws {
    let good = try authority.make(.star)
    #expect(try code(good, []) == .noRevocationList)
    #expect(try code(good, [try authority.staleRevocationList()]) == .staleRevocationList)
    let list = try authority.revocationList(validity: 3_600)
    #expect(try code(good, [list], after: 3_000) == nil && code(good, [list], after: 4_000) == .staleRevocationList)
    // One that is not in force yet.
    #expect(try code(good, [try authority.revocationList(age: -600)]) == .staleRevocationList)
  }

  @Test
  func theListOfAnotherIsNone() throws {
    let good = try authority.make(.star)
    #expect(try code(good, [try TestAuthority("Other CA").revocationList()]) == .noRevocationList)
    // One of the same name with another key: signed by nobody whom we trust.
    #expect(try code(good, [try TestAuthority("Test CA").revocationList()]) == .noRevocationList)
  }

  @Test
  func everyAuthorityOfAChainNeedsItsOwn() throws {
    let middle = try authority.intermediate()
    let leaf = try authority.issue(below: middle)
    let (roots, middles) = (try authority.revocationList(), try authority.revocationList(by: middle))
    #expect(try code(leaf, [roots, middles]) == nil)
    #expect(try code(leaf, [roots]) == .noRevocationList && code(leaf, [middles]) == .noRevocationList)
    #expect(try code(leaf, [roots, try authority.revocationList([leaf], by: middle)]) == .revoked)
    let entry = RevocationListDescription.Entry(serial: middle.certificate.serial, date: authority.now - 60, reason: nil)
    let banned = RevocationListDescription(number: 2, thisUpdate: authority.now - 60, nextUpdate: authority.now + 60, entries: [entry])
    #expect(try code(leaf, [try authority.root.revocationList(banned), middles]) == .revoked)
    let stale = try authority.revocationList(by: middle, age: 60 * 86_400, validity: 30 * 86_400)
    #expect(try code(leaf, [roots, stale]) == .staleRevocationList)
  }
}
