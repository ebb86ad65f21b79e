import Metainfo
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

  @Test func `a peer id of another length and negative numbers are made to fit`() {
    let request = AnnounceRequest(
      infoHash: .zero, peerID: [1, 2], port: 1, statistics: AnnounceStatistics(uploaded: -1, downloaded: -2, left: -3), event: .none,
      wanted: -1, key: 1)
    #expect(request.peerID == [1, 2] + [UInt8](repeating: 0, count: 18))
    #expect(request.statistics == AnnounceStatistics(uploaded: 0, downloaded: 0, left: 0))
    #expect(request.query.contains("&numwant=0&key=00000001"))
  }
}
