import HTTPClient
import Metainfo

extension HTTPURL {
  /// The scrape URL that belongs to an announce URL: `announce` at the beginning of the path's last part becomes `scrape` (BEP 48).
  /// Nil where the path has another form, which says that the tracker knows no scrape.
  package func scraping(_ infoHashes: [SHA1Digest]) -> HTTPURL? {
    guard let slash = path.lastIndex(of: "/") else { return nil }
    let last = path[path.index(after: slash)...]
    guard last.hasPrefix("announce") else { return nil }
    let scrape = replacing(path: "\(path[...slash])scrape\(last.dropFirst("announce".count))", query: query)
    return scrape.appending(query: infoHashes.map { "info_hash=\(PercentEncoding.encode($0.bytes))" }.joined(separator: "&"))
  }
}

/// The body of an HTTP scrape.
package enum ScrapeBody {
  /// The counts by info-hash (BEP 48). Swarms that the tracker does not know are missing. Throws `malformed` or `refused`.
  package static func decode(_ body: [UInt8]) throws(TrackerError) -> [SHA1Digest: SwarmCounts] {
    guard let files = try TrackerBody(body)["files"]?.dictionary else { throw .malformed(place: "files", problem: "no dictionary there") }
    var counts: [SHA1Digest: SwarmCounts] = [:]
    for (key, value) in files {
      let place = "files[\(Hex.encode(key.prefix(SHA1Digest.byteCount)))]"
      guard let infoHash = SHA1Digest(key) else { throw .malformed(place: place, problem: "not an info-hash") }
      counts[infoHash] = SwarmCounts(
        seeders: try count(value, "complete", place), leechers: try count(value, "incomplete", place),
        downloads: try count(value, "downloaded", place))
    }
    return counts
  }

  private static func count(_ value: Bencode, _ key: String, _ place: String) throws(TrackerError) -> Int64 {
    guard let field = value[key] else { return 0 }
    guard let number = field.integer, number >= 0 else { throw .malformed(place: "\(place).\(key)", problem: "not a number from 0") }
    return number
  }
}
