import HTTPClient
import Metainfo
import PluginKit
import TestSupport
import Testing

@testable import Tracker

@Suite struct TrackerTargetTests {
  private func target(_ text: String) throws -> TrackerTarget { try TrackerTarget(text.utf8) }

  private static let hash = String(repeating: "%AB", count: 20)
  private static let plain = "info_hash=\(hash)&peer_id=-XX0001-abcdefghijkl&port=6881"

  private func announce(_ query: String) throws -> (TrackerAnnounce, PeerListForm) {
    guard case .announce(let announce, let form) = try target("/announce?" + query).question else { throw TrackerTarget.Problem.notFound }
    return (announce, form)
  }

  @Test func `what our own client sends is what it meant`() throws {
    let request = AnnounceRequest(
      infoHash: try #require(SHA1Digest((0..<20).map { UInt8($0 * 13) })), peerID: Array("-GY0100-%&=+ abcdefg".utf8), port: 0xABCD,
      statistics: AnnounceStatistics(uploaded: 1, downloaded: 2, left: 3), event: .started, wanted: 30, key: 7, trackerID: [0, 255])
    let (announce, form) = try announce(request.query)
    #expect(announce.infoHash == request.infoHash && announce.peerID.bytes == request.peerID && announce.port == 0xABCD)
    #expect(!announce.isSeed && announce.event == .started && announce.wanted == 30 && form == .compact)
  }

  @Test func `nothing left is a seed, and an address that a peer names is nobody's`() throws {
    #expect(try announce(Self.plain + "&left=0&ip=192.0.2.1&ipv6=::1").0.isSeed)
    #expect(try !announce(Self.plain + "&left=0&event=stopped").0.isSeed)
    #expect(try !announce(Self.plain).0.isSeed)
    #expect(try announce(Self.plain + "&event=paused").0.event == AnnounceEvent.none)
    #expect(try announce(Self.plain + "&numwant=-1").0.wanted == 0)
  }

  @Test func `a list of dictionaries has to be asked for`() throws {
    #expect(try announce(Self.plain + "&compact=0").1 == .dictionaries(withPeerIDs: true))
    #expect(try announce(Self.plain + "&compact=0&no_peer_id=1").1 == .dictionaries(withPeerIDs: false))
    #expect(try announce(Self.plain + "&compact=1").1 == .compact)
  }

  @Test func `a key stands before the last part`() throws {
    #expect(try target("/announce?" + Self.plain).key == nil)
    #expect(try target("/s%65cret/announce?" + Self.plain).key == Array("secret".utf8))
    #expect(try target("/secret/scrape").key == Array("secret".utf8))
  }

  @Test func `a scrape names what it asks about`() throws {
    #expect(try target("/scrape").question == .scrape([]))
    #expect(try target("/scrape?info_hash=\(Self.hash)&info_hash=\(Self.hash)").question == .scrape([infoHash(0xAB), infoHash(0xAB)]))
  }

  @Test(arguments: ["", "/", "announce", "/announce/more/parts", "/other?info_hash=1", "/%/announce", "//", "?announce"])
  func `what is neither is not found`(text: String) {
    #expect(throws: TrackerTarget.Problem.notFound) { try target(text) }
  }

  @Test(arguments: [
    ("/announce", "info_hash has to be 20 bytes"), ("/announce?info_hash=%A", "info_hash has to be 20 bytes"),
    ("/announce?info_hash=\(hash)", "peer_id has to be 20 bytes"),
    ("/announce?info_hash=\(hash)&peer_id=-XX0001-abcdefghijkl&port=65536", "port has to be a number to 65535"),
    ("/announce?info_hash=\(hash)&peer_id=-XX0001-abcdefghijkl&port=x", "port has to be a number to 65535"),
    ("/scrape?info_hash=short", "info_hash has to be 20 bytes"),
    ("/scrape?" + Array(repeating: "info_hash=\(hash)", count: 75).joined(separator: "&"), "more than 74 info_hash"),
    ("/announce?" + String(repeating: "a", count: 20_000), "the request is too long"),
  ])
  func `what is malformed is told so`(text: String, problem: String) {
    #expect(throws: TrackerTarget.Problem.malformed(problem)) { try target(text) }
  }

  @Test func `any bytes are read without harm`() throws {
    var generator = SeededGenerator(seed: 5)
    let sound = Array(("/key/announce?" + Self.plain).utf8)
    for _ in 0..<2000 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator)))
      if let target = try? TrackerTarget(bytes), case .announce(let announce, _) = target.question { #expect(announce.wanted ?? 0 >= 0) }
    }
  }
}

@Suite struct TrackerReplyBodyTests {
  private func peer(_ text: String) throws -> ListedPeer {
    ListedPeer(address: try #require(Endpoint(text)), peerID: try #require(PeerID([UInt8](repeating: 65, count: 20))))
  }

  private func reply() throws -> TrackerReply {
    TrackerReply(
      interval: .milliseconds(90_500), minimumInterval: .seconds(45), counts: SwarmCounts(seeders: 3, leechers: 4, downloads: 5),
      peers: [try peer("10.0.0.1:80"), try peer("[fd00::1]:81")])
  }

  @Test(arguments: [PeerListForm.compact, .dictionaries(withPeerIDs: true), .dictionaries(withPeerIDs: false)])
  func `our own client reads it`(form: PeerListForm) throws {
    let response = try AnnounceResponse(http: TrackerReplyBody.encode(.reply(try reply()), form: form))
    #expect(response.interval == .seconds(90) && response.minimumInterval == .seconds(45))
    #expect(response.seeders == 3 && response.leechers == 4)
    #expect(response.peers == [try address("10.0.0.1", 80), try address("fd00::1", 81)])
  }

  @Test func `the bytes are those of BEP 3, 7 and 23`() throws {
    let text = String(decoding: TrackerReplyBody.encode(.reply(try reply()), form: .dictionaries(withPeerIDs: true)), as: UTF8.self)
    let counts = "d8:completei3e10:downloadedi5e10:incompletei4e8:intervali90e12:min intervali45e"
    let id = "7:peer id20:" + String(repeating: "A", count: 20)
    #expect(text == counts + "5:peersld2:ip8:10.0.0.1\(id)4:porti80eed2:ip7:fd00::1\(id)4:porti81eeee")
    let empty = TrackerReply(interval: .zero, minimumInterval: .zero, counts: SwarmCounts(seeders: 0, leechers: 0, downloads: 0), peers: [])
    let bytes = TrackerReplyBody.encode(.reply(empty), form: .compact)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "d8:completei0e10:downloadedi0e10:incompletei0e8:intervali1e12:min intervali1e5:peers0:e")
  }

  @Test func `counts are read back, and nothing is listed of nothing`() throws {
    let counts = [
      infoHash(1): SwarmCounts(seeders: 1, leechers: 2, downloads: 3), infoHash(2): SwarmCounts(seeders: 4, leechers: 5, downloads: 6),
    ]
    #expect(try ScrapeBody.decode(TrackerReplyBody.encode(counts)) == counts)
    #expect(TrackerReplyBody.encode([:]) == Array("d5:filesdee".utf8))
  }
}
