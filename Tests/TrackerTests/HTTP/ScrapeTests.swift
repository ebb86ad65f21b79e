import HTTPClient
import Metainfo
import Testing
import Tracker

@Suite struct ScrapeTests {
  @Test(arguments: [
    ("http://t/announce", "http://t/scrape?info_hash=%01"), ("http://t/x/announce.php?k=1", "http://t/x/scrape.php?k=1&info_hash=%01"),
    ("http://t/announce/x", nil), ("http://t/a", nil), ("http://t/", nil), ("http://t/x/xannounce", nil),
  ])
  func `the scrape URL is derived from the announce URL`(text: String, expected: String?) throws {
    let scrape = try HTTPURL(text).scraping([infoHash(1)])
    #expect(scrape?.description == expected.map { $0 + String(repeating: "%01", count: 19) })
  }

  @Test func `several swarms are asked for at once`() throws {
    let query = try #require(try HTTPURL("http://t/announce").scraping([infoHash(0x61), infoHash(0x62)])?.query)
    #expect(query == "info_hash=aaaaaaaaaaaaaaaaaaaa&info_hash=bbbbbbbbbbbbbbbbbbbb")
  }

  @Test func `counts are read by info-hash`() throws {
    let body = "d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei1e10:downloadedi2e10:incompletei3ee20:bbbbbbbbbbbbbbbbbbbbdeee"
    let counts = try ScrapeBody.decode(Array(body.utf8))
    #expect(counts[infoHash(0x61)] == SwarmCounts(seeders: 1, leechers: 3, downloads: 2))
    #expect(counts[infoHash(0x62)] == SwarmCounts(seeders: 0, leechers: 0, downloads: 0))
  }

  @Test(arguments: [
    ("de", "files"), ("d5:filesi1ee", "files"), ("d5:filesd1:adeee", "files[61]"),
    ("d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei-1eeee", "files[\(String(repeating: "61", count: 20))].complete"),
  ])
  func `a malformed answer names the place`(text: String, place: String) throws {
    let error = try #require(throws: TrackerError.self) { try ScrapeBody.decode(Array(text.utf8)) }
    guard case .malformed(place, _) = error else {
      Issue.record("\(error)")
      return
    }
  }
}
