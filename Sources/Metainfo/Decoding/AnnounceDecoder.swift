/// Reads where a torrent is announced (BEP 3, BEP 12) and where its data can be had over HTTP (BEP 19). None of it is hashed, and
/// anybody may have changed it; whether a URL may be used is for others to say.
struct AnnounceDecoder {
  private static let longestURL = 4096

  private let limit: Int
  private(set) var warnings = TorrentWarnings()

  init(limit: Int) {
    self.limit = limit
  }

  /// The tiers of announce URLs. `announce` counts only where `announce-list` has none (BEP 12). A URL that comes again is left out.
  mutating func trackers(of root: BencodeNode) throws(TorrentError) -> [[String]] {
    var seen: Set<String> = []
    var tiers: [[String]] = []
    let list: BencodeNode? = try root.list("announce-list", at: "")
    let nodes: [BencodeNode] = list.map { Array($0.elements) } ?? []
    for (index, tier) in nodes.enumerated() {
      let place = "announce-list[\(index)]"
      let urls = try urls(tier, at: place, kind: "announce URLs", seen: &seen)
      if tier.kind != BencodeNode.Kind.list { warnings.append("\(place): a tier should be a list") }
      if !urls.isEmpty { tiers.append(urls) }
    }
    guard tiers.isEmpty, let announce = root["announce"] else { return tiers }
    guard announce.kind == .bytes else { throw TorrentError(.wrongType, at: "announce", "must be a string") }
    let urls = try urls(announce, at: "announce", kind: "announce URLs", seen: &seen)
    return urls.isEmpty ? [] : [urls]
  }

  /// The web seeds: `url-list` is a string or a list of them.
  mutating func webSeeds(of root: BencodeNode) throws(TorrentError) -> [String] {
    guard let node = root["url-list"] else { return [] }
    var seen: Set<String> = []
    return try urls(node, at: "url-list", kind: "web seeds", seen: &seen)
  }

  private func urls(
    _ node: BencodeNode, at place: String, kind: String, seen: inout Set<String>
  ) throws(TorrentError) -> [String] {
    if let bytes = node.bytes { return try url(bytes, at: place, kind: kind, seen: &seen).map { [$0] } ?? [] }
    guard node.kind == .list else { throw TorrentError(.wrongType, at: place, "must be a string or a list of strings") }
    var urls: [String] = []
    for (index, element) in node.elements.enumerated() {
      guard let bytes = element.bytes else { throw TorrentError(.wrongType, at: "\(place)[\(index)]", "must be a string") }
      if let url = try url(bytes, at: "\(place)[\(index)]", kind: kind, seen: &seen) { urls.append(url) }
    }
    return urls
  }

  // The URL without white space around it; nil where that leaves nothing, or it was there before.
  private func url(
    _ bytes: ArraySlice<UInt8>, at place: String, kind: String, seen: inout Set<String>
  ) throws(TorrentError) -> String? {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
    var trimmed = bytes.drop(while: isSpace)
    while let last = trimmed.last, isSpace(last) { trimmed.removeLast() }
    guard !trimmed.isEmpty else { return nil }
    let url = try Self.url(trimmed, at: place)
    guard seen.insert(url).inserted else { return nil }
    guard seen.count <= limit else { throw TorrentError(.tooLarge, at: place, "more than \(limit) \(kind)") }
    return url
  }

  /// Throws where this cannot be a URL at all.
  static func check(_ url: String, at place: String) throws(TorrentError) {
    _ = try Self.url(Array(url.utf8)[...], at: place)
  }

  private static func url(_ bytes: ArraySlice<UInt8>, at place: String) throws(TorrentError) -> String {
    guard bytes.count <= longestURL else { throw TorrentError(.badValue, at: place, "is longer than \(longestURL) bytes") }
    let isPlain = !bytes.isEmpty && bytes.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    guard isPlain, let url = String(validating: bytes, as: UTF8.self) else {
      throw TorrentError(.badValue, at: place, "is not a URL: \(shown(bytes))")
    }
    return url
  }
}
