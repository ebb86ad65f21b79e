import Metainfo
import PluginKit
import Testing
import Tracker

@Suite struct UDPTrackerCodecTests {
  @Test func `a connect is BEP 15's sixteen bytes`() {
    #expect(Hex.encode(UDPTrackerCodec.encodeConnect(transaction: 0x0102_0304)) == "00000417271019800000000001020304")
  }

  @Test func `an announce is BEP 15's ninety-eight bytes`() {
    let datagram = UDPTrackerCodec.encode(.announce(announce(left: 3, event: .started)), connection: 0x1122_3344_5566_7788, transaction: 9)
    let expected =
      "1122334455667788" + "00000001" + "00000009" + String(repeating: "ab", count: 20) + String(repeating: "41", count: 20)
      + "0000000000000002" + "0000000000000003" + "0000000000000001" + "00000002" + "00000000" + "a0b0c0d0" + "00000032" + "1ae1"
    #expect(Hex.encode(datagram) == expected)
    #expect(datagram.count == 98)
  }

  @Test func `an announce names our address and port as far as they are other ones, and only an IPv4 one has room`() {
    var request = announce()
    request.reach = AnnouncedReach(
      v4: .init(ip: IPAddress("203.0.113.7"), port: 0x41F1), v6: .init(ip: IPAddress("2001:db8::7"), port: 0x41F2))
    let v4 = UDPTrackerCodec.encode(.announce(request), connection: 1, transaction: 9)
    #expect(Hex.encode(v4.suffix(14)) == "cb007107" + "a0b0c0d0" + "00000032" + "41f1")
    let v6 = UDPTrackerCodec.encode(.announce(request), connection: 1, transaction: 9, addressLength: 16)
    #expect(Hex.encode(v6.suffix(14)) == "00000000" + "a0b0c0d0" + "00000032" + "41f2")
  }

  @Test func `a scrape names at most 74 swarms`() {
    let datagram = UDPTrackerCodec.encode(.scrape([SHA1Digest](repeating: infoHash(1), count: 80)), connection: 1, transaction: 2)
    #expect(datagram.count == 16 + 74 * 20)
    #expect(Hex.encode(datagram.prefix(17)) == "0000000000000001000000020000000201")
  }

  private func decode(_ hex: String, addressLength: Int = 4) throws -> (transaction: UInt32, reply: UDPTrackerReply) {
    try UDPTrackerCodec.decode(try #require(Hex.decode(hex)), addressLength: addressLength)
  }

  @Test func `each reply is read`() throws {
    let connected = try decode("00000000" + "00000005" + "1122334455667788" + "ff")
    #expect(connected.transaction == 5)
    #expect(connected.reply == .connected(0x1122_3344_5566_7788))
    #expect(try decode("00000003" + "ffffffff" + "6e6f").reply == .failed("no"))
    #expect(try decode("00000003" + "ffffffff").reply == .failed(""))
    let counts = "000000010000000200000003"
    #expect(
      try decode("00000002" + "00000000" + counts + counts + "aa").reply
        == .scraped([
          SwarmCounts(seeders: 1, leechers: 3, downloads: 2), SwarmCounts(seeders: 1, leechers: 3, downloads: 2),
        ]))
  }

  @Test func `peers are of the family that the datagram came over`() throws {
    let head = "00000001" + "00000005" + "00000708" + "00000003" + "00000004"
    let v4 = AnnounceResponse(interval: .seconds(1800), peers: [try address("10.0.0.1", 6881)], seeders: 4, leechers: 3)
    #expect(try decode(head + "0a0000011ae1" + "0a").reply == .announced(v4))
    let v6 = AnnounceResponse(interval: .seconds(1800), peers: [try address("fd00::1", 6881)], seeders: 4, leechers: 3)
    #expect(try decode(head + "fd000000000000000000000000000001" + "1ae1", addressLength: 16).reply == .announced(v6))
  }

  @Test func `the largest interval is a number like any other`() throws {
    guard case .announced(let response) = try decode("00000001" + "00000005" + "ffffffff" + "ffffffff" + "ffffffff").reply else {
      Issue.record("not an announce")
      return
    }
    #expect(AnnounceTiming().interval(response) == .seconds(7200))
    #expect(response.seeders == 0xFFFF_FFFF)
  }

  @Test(arguments: [
    ("", "byte 0"), ("000000", "byte 0"), ("0000000000", "byte 4"), ("000000000000000500", "byte 8"), ("00000004" + "00000005", "byte 0"),
    ("00000001" + "00000005" + "00000708" + "000000", "byte 12"),
  ])
  func `a malformed reply names the place`(hex: String, place: String) throws {
    let error = try #require(throws: TrackerError.self) { try decode(hex) }
    guard case .malformed(place, _) = error else {
      Issue.record("\(error)")
      return
    }
  }
}
