import TestSupport
import Testing

@testable import OpenSSL

/// A server whose clients pick the party by name (SNI).
struct ServerNameTests {
  private let one: SessionRig
  private let two: SessionRig

  init() throws { (one, two) = (try SessionRig(), try SessionRig()) }

  private func pair(
    _ name: String?, client: TLSParty, entrance: TLSVersion = .tls13, parties: [String: TLSParty], drip: Int = .max
  ) throws -> SessionPair {
    let server = TLSSession.Role.choosingServer(entrance: try .entrance(minimum: entrance)) { name in name.flatMap { parties[$0] } }
    let pair = try SessionPair(client: .client(client, serverName: name), server: server, now: one.authority.now)
    pair.shake(drip: drip)
    return pair
  }

  private func parties(_ versions: ClosedRange<TLSVersion> = .tls13 ... .tls13) throws -> [String: TLSParty] {
    [
      "one": try one.party(one.serverCertificate, try one.trust(shape: .direct), versions: versions, name: "client"),
      "two": try two.party(two.serverCertificate, try two.trust(shape: .direct), versions: versions, name: "client"),
    ]
  }

  @Test(arguments: [1, Int.max])
  func theNamePicksWhatIsShownAndTrusted(drip: Int) throws {
    let parties = try parties()
    for (name, rig, other) in [("one", one, two), ("two", two, one)] {
      let good = try pair(name, client: try rig.party(rig.clientCertificate), parties: parties, drip: drip)
      #expect(good.client.progress == .established && good.server.progress == .established)
      #expect(good.client.session.shown == rig.serverCertificate.chain)
      // Another's member trusts the server there, say, and shows its own certificate.
      let stranger = try rig.party(other.clientCertificate)
      #expect(try pair(name, client: stranger, parties: parties).server.progress.rejection == .untrusted)
      let misnamed = try rig.party(rig.authority.issue("somebody"))
      #expect(try pair(name, client: misnamed, parties: parties).server.progress.rejection == .wrongName)
      let nobody = try pair(name, client: try rig.party(nil), parties: parties)
      #expect(nobody.server.progress.rejection == .missing && nobody.client.progress == .established)
    }
  }

  @Test
  func everyNameThatPicksNobodyGetsOneAlert() throws {
    let client = try one.party(one.clientCertificate)
    var sayings: Set<[UInt8]> = []
    for name in [nil, "three", String(repeating: "0", count: 40), "not hex", "ONE"] {
      let pair = try pair(name, client: client, parties: try parties())
      #expect(pair.server.progress == .unknownServerName)
      #expect(pair.client.progress.failure?.contains("unrecognized name") == true, "\(pair.client.progress)")
      pair.server.close()
      sayings.insert(pair.server.written)
    }
    #expect(sayings.count == 1, "\(sayings)")
  }

  /// The listener's links begin with the oldest version that any of its torrents may speak.
  @Test
  func eachPartysOldestVersionHolds() throws {
    let old = try one.party(one.clientCertificate, versions: .tls12 ... .tls12)
    var parties = try parties(.tls12 ... .tls13)
    #expect(try pair("one", client: old, entrance: .tls12, parties: parties).server.progress == .established)
    parties["one"] = try one.party(one.serverCertificate, try one.trust(shape: .direct))
    #expect(try pair("one", client: old, entrance: .tls12, parties: parties).server.progress == .unknownServerName)
    let new = try one.party(one.clientCertificate)
    #expect(try pair("one", client: new, entrance: .tls12, parties: parties).server.progress == .established)
  }
}
