import Metainfo
import PluginKit
import Testing
import Tracker

@Suite struct AnnounceRequestTests {
  @Test func `the query carries raw bytes percent-encoded`() throws {
    var request = announce(
      try #require(SHA1Digest(Array("aZ9-._~ &%/+?=#\u{0}\u{7F}".utf8) + [0x80, 0xFF, 0x0A])), left: 3, event: .started)
    request.peerID = Array("-GY0001-abcdefghijkl".utf8)
    #expect(
      request.query
        == "info_hash=aZ9-._~%20%26%25%2F%2B%3F%3D%23%00%7F%80%FF%0A&peer_id=-GY0001-abcdefghijkl&port=6881&uploaded=1&downloaded=2&left=3"
        + "&compact=1&numwant=50&key=a0b0c0d0&event=started")
  }

  @Test func `a regular announce has no event and the tracker's id comes back encoded`() {
    let query = announce(trackerID: Array("a&b".utf8)).query
    #expect(!query.contains("event="))
    #expect(query.hasSuffix("&trackerid=a%26b"))
    #expect(announce(event: .stopped).query.hasSuffix("&event=stopped"))
    #expect(announce(event: .completed).query.hasSuffix("&event=completed"))
  }

  @Test func `where we are reached is told in the words of the family that the tracker is asked over`() {
    var request = announce()
    request.reach = AnnouncedReach(
      v4: .init(ip: IPAddress("203.0.113.7"), port: 16_881), v6: .init(ip: IPAddress("2001:db8::7")))
    #expect(request.query(over: .v4).contains("&port=16881&"))
    #expect(request.query(over: .v4).hasSuffix("&ip=203.0.113.7&ipv6=%5B2001%3Adb8%3A%3A7%5D%3A6881"))
    #expect(request.query(over: .v6).contains("&port=6881&"))
    #expect(request.query(over: .v6).hasSuffix("&ipv4=203.0.113.7%3A16881&ip=2001%3Adb8%3A%3A7"))
    request.reach = AnnouncedReach(v4: .init(port: 16_881), v6: .init(ip: IPAddress("2001:db8::7"), port: 16_881))
    #expect(request.query(over: .v4).contains("&port=16881&") && request.query(over: .v4).hasSuffix("&ipv6=2001%3Adb8%3A%3A7"))
    #expect(!announce().query(over: .v4).contains("ip"))
  }

  @Test func `a peer id of another length and negative numbers are made to fit`() {
    let request = AnnounceRequest(
      infoHash: .zero, peerID: [1, 2], port: 1, statistics: AnnounceStatistics(uploaded: -1, downloaded: -2, left: -3), event: .none,
      wanted: -1, key: 1)
    #expect(request.peerID == [1, 2] + [UInt8](repeating: 0, count: 18))
    #expect(request.statistics == AnnounceStatistics(uploaded: 0, downloaded: 0, left: 0))
    #expect(request.query.contains("&numwant=0&key=00000001"))
  }
}
