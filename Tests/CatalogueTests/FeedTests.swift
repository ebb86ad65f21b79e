import Foundation
import TestSupport
import Testing

@testable import Catalogue

@Suite struct FeedTests {
  @Test(arguments: [
    (0, "Thu, 01 Jan 1970 00:00:00 +0000"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
    (Made.noon, "Mon, 23 Nov 2026 12:00:00 +0000"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 +0000"),
    (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 +0000"), (-5, "Thu, 01 Jan 1970 00:00:00 +0000"),
    (.max, "Fri, 31 Dec 9999 23:59:59 +0000"),
  ])
  func `dates are those of mail`(seconds: Int64, text: String) { #expect(MailDate.text(seconds) == text) }

  @Test func `a feed has an item with its torrent for each artifact, the newest first`() throws {
    let names = ["app-1", "<&\"'>", "app-2"]
    let document = Made.document(
      names.enumerated().map { Made.entry($1, published: Made.noon + Int64($0), torrent: "torrents/\($0).torrent") })
    let text = CatalogueFeed.rss(document, base: "http://h:1/", lengths: ["torrents/0.torrent": 123])
    let root = try XMLItems(text)
    #expect(root.titles == ["depot", "app-2", "<&\"'>", "app-1"])
    #expect(
      root.enclosures.map { $0["url"] } == [
        "http://h:1/torrents/2.torrent", "http://h:1/torrents/1.torrent", "http://h:1/torrents/0.torrent",
      ])
    #expect(root.enclosures.last?["length"] == "123" && root.enclosures.allSatisfy { $0["type"] == "application/x-bittorrent" })
    #expect(CatalogueFeed.escaped("a\u{1}\u{FFFF}b") == "a\u{FFFD}\u{FFFD}b")
  }
}

/// What is in a feed, by an expression: enough for text that we write ourselves.
private struct XMLItems {
  let titles: [String]
  let enclosures: [[String: String]]

  init(_ text: String) throws {
    titles = text.matches(of: /<title>(.*?)<\/title>/).map { Self.plain(String($0.1)) }
    enclosures = text.matches(of: /<enclosure (.*?)\/>/).map { match in
      Dictionary(uniqueKeysWithValues: match.1.matches(of: /(\w+)="(.*?)"/).map { (String($0.1), Self.plain(String($0.2))) })
    }
  }

  private static func plain(_ text: String) -> String {
    text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"").replacing("&amp;", with: "&")
  }
}
