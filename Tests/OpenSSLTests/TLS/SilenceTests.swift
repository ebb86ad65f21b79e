import TestSupport
import Testing

@testable import OpenSSL

private let versions: [ClosedRange<TLSVersion>] = [.tls12 ... .tls12, .tls13 ... .tls13]

/// What a peer that is turned away can tell of the reason: nothing.
struct SilenceTests {
  private let rig: SessionRig
  private var authority: TestAuthority { rig.authority }

  init() throws { rig = try SessionRig() }

  /// Everything that can be wrong with a client's certificate, and the code of each.
  private func badClients(_ revoked: TestCertificate) throws -> [(TestCertificate?, CertificateRejection.Code)] {
    [
      (nil, .missing), (try authority.make(.foreign), .untrusted), (try authority.make(.selfSigned), .wrongPurpose),
      (try authority.make(.expired), .expired), (try authority.make(.notYetValid), .notYetValid),
      (try authority.make(.serverOnly), .wrongPurpose), (try authority.make(.authority), .wrongPurpose),
      (try authority.make(.intermediateMissing), .untrusted), (try authority.make(.belowIntermediate), .noRevocationList),
      (try authority.issue("other"), .wrongName), (revoked, .revoked),
    ]
  }

  /// A server turns each bad client away with the same records, and nothing but the good-bye comes after its handshake.
  @Test(arguments: versions)
  func aServerSaysTheSameToAll(versions: ClosedRange<TLSVersion>) throws {
    let banned = try authority.issue("*")
    let lists = [try authority.revocationList([banned])]
    let server = try rig.party(rig.serverCertificate, try rig.trust(lists: lists), versions: versions, name: "tools")
    var sayings: Set<[String]> = []
    for (certificate, code) in try badClients(banned) {
      let pair = try rig.pair(client: try rig.party(certificate, versions: versions), server: server)
      #expect(pair.server.progress.rejection == code)
      #expect(pair.client.progress == .established, "the client cannot tell: \(pair.client.progress)")
      sayings.insert(try ending(of: pair))
    }
    // And to one that is good, and is refused for what it asks.
    let good = try rig.pair(client: try rig.party(authority.issue("tools"), versions: versions), server: server)
    #expect(good.server.progress == .established)
    sayings.insert(try ending(of: good, isGood: true))
    #expect(sayings.count == 1, "\(sayings)")
  }

  /// The records that a server has written once it has closed; a rejected client's plaintext does not get through.
  private func ending(of pair: SessionPair, isGood: Bool = false) throws -> [String] {
    if !isGood {
      try pair.client.write(Array("BitTorrent".utf8))
      let read = pair.server.read(pair.arriving(at: pair.server))
      #expect(read.plaintext.isEmpty && read.end == .wantsInput && pair.server.session.approval == nil)
      let written = pair.server.written.count
      try pair.server.write(Array("secret".utf8))
      #expect(pair.server.written.count == written && pair.server.session.exporter == nil)
    }
    pair.server.close()
    let answer = pair.client.read(pair.arriving(at: pair.client))
    #expect(answer.plaintext.isEmpty && answer.end == .ended)
    return pair.server.records
  }

  /// A client turns each bad server away with the same alert, and shows nothing of itself.
  @Test(arguments: versions)
  func aClientSaysTheSameToAllServers(versions: ClosedRange<TLSVersion>) throws {
    let banned = try authority.issue("*")
    let trust = try rig.trust(lists: [try authority.revocationList([banned])])
    let client = try rig.party(rig.clientCertificate, trust, versions: versions, name: "tools")
    let bad: [(TestCertificate, CertificateRejection.Code)] = [
      (try authority.make(.foreign), .untrusted), (try authority.make(.expired), .expired), (banned, .revoked),
      (try authority.make(.notYetValid), .notYetValid), (try authority.make(.clientOnly), .wrongPurpose),
      (try authority.issue("other"), .wrongName), (try authority.make(.authority), .wrongPurpose),
      (try authority.make(.belowIntermediate), .noRevocationList), (try authority.make(.intermediateMissing), .untrusted),
    ]
    var sayings: Set<[String]> = []
    for (certificate, code) in bad {
      let pair = try rig.pair(client: client, server: try rig.party(certificate, versions: versions))
      #expect(pair.client.progress.rejection == code)
      #expect(pair.server.progress.failure?.contains("handshake failure") == true, "\(pair.server.progress)")
      #expect(pair.server.session.shown.isEmpty)
      sayings.insert(pair.client.records)
    }
    #expect(sayings.count == 1, "\(sayings)")
  }

  /// A list of the authorities that we trust would name the fleet.
  @Test
  func authoritiesAreNotNamed() throws {
    let name = Array("Test CA".utf8)
    let old = try rig.pair(versions: .tls12 ... .tls12)
    // A 1.2 server's flight is in clear: the issuer's name is in its certificate, once, and nowhere else.
    let found = old.server.written.indices.filter { old.server.written[$0...].starts(with: name) }
    #expect(found.count == 1)
  }
}
