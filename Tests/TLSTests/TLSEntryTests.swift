import OpenSSL
import TLS
import TestSupport
import Testing

/// Entries whose certificates, trust and lists are replaced.
struct TLSEntryTests {
  @Test
  func liveLinksAreJudgedByWhatIsInForce() throws {
    let rig = try LinkRig()
    let pair = try EmbeddedPair(rig)
    try pair.run()
    let (link, now) = (try #require(pair.server.end.link), rig.authority.now)
    #expect(try rig.server.judge(link, at: now) == link.validUntil && rig.server.generation == 1)
    #expect(code(rig.server, link, link.certificate.notAfter + 1) == .expired)

    let server = try rig.authority.issue("server")
    rig.server.replace(context: try rig.context(server, lists: [rig.authority.revocationList()]))
    #expect(rig.server.generation == 2 && code(rig.server, link, now) == nil)
    let banned = TestCertificateSerial(link)
    rig.server.replace(context: try rig.context(server, lists: [banned.list(rig.authority)]))
    #expect(code(rig.server, link, now) == .revoked)
    rig.server.replace(context: try rig.context(server, lists: []))
    #expect(code(rig.server, link, now) == .noRevocationList)

    let other = try LinkRig()
    rig.server.replace(context: try other.context(other.authority.issue("server")))
    #expect(code(rig.server, link, now) == .untrusted && rig.server.generation == 5)
  }

  @Test
  func theNameIsKept() throws {
    let rig = try LinkRig()
    let entry = TLSEntry(name: "torrent:00", context: rig.server.context, requiredName: "client")
    let pair = try EmbeddedPair(client: .client(rig.client, serverName: nil), server: .server(entry), now: rig.authority.now)
    try pair.run()
    let link = try #require(pair.server.end.link)
    entry.replace(context: try rig.context(rig.authority.issue("server")))
    #expect(code(entry, link, rig.authority.now) == nil)
    let renamed = TLSEntry(name: "torrent:00", context: rig.server.context, requiredName: "other")
    #expect(code(renamed, link, rig.authority.now) == .wrongName)
  }

  private func code(_ entry: TLSEntry, _ link: TLSLink, _ moment: Int64) -> CertificateRejection.Code? {
    do throws(CertificateRejection) {
      _ = try entry.judge(link, at: moment)
      return nil
    } catch {
      return error.code
    }
  }
}

/// The certificate of a link's peer, to be put on a list.
private struct TestCertificateSerial {
  private let serial: String

  init(_ link: TLSLink) { serial = link.certificate.serial }

  func list(_ authority: TestAuthority) throws -> RevocationList {
    let entry = RevocationListDescription.Entry(serial: serial, date: authority.now - 60)
    return try authority.root.revocationList(
      RevocationListDescription(number: 2, thisUpdate: authority.now - 60, nextUpdate: authority.now + 3_600, entries: [entry]))
  }
}
