internal import Metainfo

/// A catalogue as RSS 2.0 with torrent enclosures (BEP 36), for clients that know nothing of ours. Feeds are not signed.
package enum CatalogueFeed {
  /// The media type of a .torrent.
  package static let torrentType = "application/x-bittorrent"

  /// The newest artifacts first. `base` is the URL that the entries' torrents are relative to, up to its last slash, and `lengths` the bytes
  /// of each .torrent by that path; one that is missing counts as 0, which readers take for unknown.
  package static func rss(_ document: CatalogueDocument, base: String, lengths: [String: Int]) -> String {
    var text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <rss version="2.0" xmlns:torrent="http://xmlns.ezrss.it/0.1/">
      <channel>
      <title>\(escaped(document.name))</title>
      <link>\(escaped(base))catalogue</link>
      <description>Artifacts of \(escaped(document.name))</description>
      <lastBuildDate>\(MailDate.text(document.date))</lastBuildDate>

      """
    for entry in document.entries.sorted(by: isNewer) { text += item(entry, base: base, length: lengths[entry.torrent] ?? 0) }
    return text + "</channel>\n</rss>\n"
  }

  private static func item(_ entry: CatalogueEntry, base: String, length: Int) -> String {
    let url = escaped(base + entry.torrent)
    let hash = entry.infoHash.v1.map { "<torrent:infoHash>\($0)</torrent:infoHash>\n" } ?? ""
    return """
      <item>
      <title>\(escaped(entry.name))</title>
      <guid isPermaLink="false">\(entry.infoHash)</guid>
      <pubDate>\(MailDate.text(entry.published))</pubDate>
      <link>\(url)</link>
      <enclosure url="\(url)" length="\(length)" type="\(torrentType)"/>
      <torrent:contentLength>\(entry.size)</torrent:contentLength>
      \(hash)</item>

      """
  }

  private static func isNewer(_ one: CatalogueEntry, _ other: CatalogueEntry) -> Bool {
    one.published == other.published ? NaturalOrder.precedes(other.name, one.name) : one.published > other.published
  }

  /// Text in XML 1.0: what it cannot hold, such as most control characters, becomes U+FFFD.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\u{9}", "\u{A}", "\u{D}", "\u{20}"..."\u{D7FF}", "\u{E000}"..."\u{FFFD}", "\u{10000}"...: escaped.unicodeScalars.append(scalar)
      default: escaped += "\u{FFFD}"
      }
    }
    return escaped
  }
}
