import Metainfo
import PluginKit
import TestSupport
import Testing

@testable import Tracker

@Suite struct UDPQuestionTests {
  @Test func `what our own client asks is what it meant`() throws {
    let connect = try #require(UDPQuestion(UDPTrackerCodec.encodeConnect(transaction: 7)))
    #expect(connect.content == .connect && connect.transaction == 7)
    let request = announce(left: 3, event: .started)
    let asked = try #require(UDPQuestion(UDPTrackerCodec.encode(.announce(request), connection: 5, transaction: 6) + [2, 1, 0]))
    #expect(asked.connection == 5 && asked.transaction == 6)
    guard case .announce(let announce) = asked.content else { throw TrackerError.cancelled }
    #expect(announce.infoHash == request.infoHash && announce.peerID.bytes == request.peerID && announce.port == request.port)
    #expect(!announce.isSeed && announce.event == .started && announce.wanted == 50)
    let scrape = UDPTrackerCodec.encode(.scrape([infoHash(1), infoHash(2)]), connection: 1, transaction: 2)
    #expect(UDPQuestion(scrape)?.content == .scrape([infoHash(1), infoHash(2)]))
  }

  @Test func `what our client reads is what was answered`() throws {
    let peers = try ["10.0.0.1:80", "[fd00::1]:81"].map { text in
      ListedPeer(address: try #require(Endpoint(text)), peerID: TrackerRig.question().peerID)
    }
    let reply = TrackerReply(
      interval: .seconds(90), minimumInterval: .seconds(45), counts: SwarmCounts(seeders: 3, leechers: 4, downloads: 5), peers: peers)
    for (family, length, ip, port) in [(IPAddress.Family.v4, 4, "10.0.0.1", 80), (.v6, 16, "fd00::1", 81)] {
      let decoded = try UDPTrackerCodec.decode(UDPAnswer.announced(reply, family: family, transaction: 9), addressLength: length)
      #expect(decoded.transaction == 9)
      let expected = AnnounceResponse(interval: .seconds(90), peers: [try address(ip, port)], seeders: 3, leechers: 4)
      #expect(decoded.reply == .announced(expected))
    }
    let counts = [infoHash(1): SwarmCounts(seeders: 1, leechers: 2, downloads: 3)]
    let scraped = UDPAnswer.scraped([infoHash(2), infoHash(1)], counts, transaction: 4)
    #expect(
      try UDPTrackerCodec.decode(scraped, addressLength: 4).reply
        == .scraped([SwarmCounts(seeders: 0, leechers: 0, downloads: 0), SwarmCounts(seeders: 1, leechers: 2, downloads: 3)]))
    #expect(try UDPTrackerCodec.decode(UDPAnswer.failed("no", transaction: 4), addressLength: 4).reply == .failed("no"))
  }

  @Test func `a question that is cut short is none, and any bytes do no harm`() throws {
    let sound = UDPTrackerCodec.encode(.announce(announce()), connection: 5, transaction: 6)
    for length in 0..<sound.count { #expect(UDPQuestion(Array(sound.prefix(length))) == nil) }
    #expect(UDPQuestion(UDPTrackerCodec.encode(.scrape([]), connection: 1, transaction: 2)) == nil)
    var connect = UDPTrackerCodec.encodeConnect(transaction: 7)
    connect[0] = 1
    #expect(UDPQuestion(connect) == nil)
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<2000 {
      var bytes = generator.bytes(Int.random(in: 0...200, using: &generator))
      if bytes.count > 12 { bytes.replaceSubrange(8..<12, with: [0, 0, 0, UInt8.random(in: 0...3, using: &generator)]) }
      if case .scrape(let hashes) = UDPQuestion(bytes)?.content { #expect((1...74).contains(hashes.count)) }
    }
  }

  @Test func `a connection id is good for two minutes, for one address and in one run`() throws {
    let (ids, others) = (ConnectionIDs(), ConnectionIDs())
    let (here, there) = (try #require(Endpoint("10.0.0.1:5000")), try #require(Endpoint("10.0.0.1:5001")))
    for start: Int64 in [0, 59, 600, 659] {
      let id = ids.id(of: here, now: start)
      for later: Int64 in [0, 60, 120] { #expect(ids.isValid(id, of: here, now: start + later)) }
      #expect(!ids.isValid(id, of: here, now: start + 180))
      #expect(!ids.isValid(id, of: there, now: start) && !others.isValid(id, of: here, now: start))
      #expect(!ids.isValid(id &+ 1, of: here, now: start))
    }
  }

  @Test func `an address passes so often in a second`() throws {
    var sieve = RateSieve(perSecond: 3)
    let ip = try #require(IPAddress("10.0.0.1"))
    var passed = (0..<5).map { _ in sieve.passes(ip, now: 1) }
    passed.append(sieve.passes(ip, now: 2))
    #expect(passed == [true, true, true, false, false, true])
  }
}
