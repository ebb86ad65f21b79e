extension Magnet {
  /// The longest link that is read, in bytes.
  package static let longest = 64 << 10

  /// Reads a link. Parameters that we do not know are left alone; those that we know must be right.
  package static func parse(_ text: String) throws(MagnetError) -> Magnet {
    guard text.utf8.count <= longest else { throw MagnetError(place: "", problem: "is longer than \(longest) bytes") }
    let prefix = "magnet:?"
    guard text.utf8.count > prefix.utf8.count, text.prefix(prefix.count).lowercased() == prefix else {
      throw MagnetError(place: "", problem: "must begin with \(prefix)")
    }
    var parser = MagnetParser()
    for parameter in text.dropFirst(prefix.count).split(separator: "&") {
      try parser.take(parameter)
    }
    return try parser.magnet()
  }
}

/// Collects what the parameters of a magnet link say.
private struct MagnetParser {
  private var v1: SHA1Digest?
  private var v2: SHA256Digest?
  private var displayName: String?
  private var trackers: [String] = []
  private var webSeeds: [String] = []
  private var peers: [Magnet.Peer] = []
  // A link may name thousands: what is there already is not looked for one by one.
  private var seenTrackers: Set<String> = []
  private var seenWebSeeds: Set<String> = []
  private var seenPeers: Set<Magnet.Peer> = []
  private var selectedFiles: [ClosedRange<Int>]?

  func magnet() throws(MagnetError) -> Magnet {
    guard let infoHash = InfoHash(v1: v1, v2: v2) else {
      throw MagnetError(place: "xt", problem: "there is no urn:btih or urn:btmh")
    }
    return Magnet(
      infoHash: infoHash, displayName: displayName, trackers: trackers, webSeeds: webSeeds, peers: peers,
      selectedFiles: selectedFiles)
  }

  /// Takes one `key=value`. Keys may be numbered, as in `tr.2`.
  mutating func take(_ parameter: Substring) throws(MagnetError) {
    let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let key = parts[0].lowercased()
    let name = key.split(separator: ".").first.map(String.init) ?? ""
    let raw = parts.count > 1 ? parts[1] : ""
    switch name {
    case "xt": try topic(try decoded(raw, key))
    case "dn": displayName = try decoded(Substring(raw.map { $0 == "+" ? " " : $0 }), key)
    case "tr": Self.add(try decoded(raw, key), to: &trackers, seen: &seenTrackers)
    case "ws": Self.add(try decoded(raw, key), to: &webSeeds, seen: &seenWebSeeds)
    case "so": selectedFiles = try FileSelection.parse(try decoded(raw, key))
    case "x" where key == "x.pe" || key.hasPrefix("x.pe."): try peer(try decoded(raw, key), at: key)
    default: break
    }
  }

  // Static: a method would hold a second copy of the lists while they change, and each addition would copy them whole.
  private static func add(_ url: String, to urls: inout [String], seen: inout Set<String>) {
    if !url.isEmpty, seen.insert(url).inserted { urls.append(url) }
  }

  private func decoded(_ raw: Substring, _ key: String) throws(MagnetError) -> String {
    guard let text = PercentEncoding.decode(raw) else {
      throw MagnetError(place: shown(key.utf8), problem: "has a broken escape, or is not UTF-8")
    }
    return text
  }

  private mutating func topic(_ urn: String) throws(MagnetError) {
    let parts = urn.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].lowercased() == "urn" else { return }
    switch parts[1].lowercased() {
    case "btih": try set(&v1, to: Self.infoHash(String(parts[2])), "btih", "40 hexadecimal or 32 base32 digits")
    case "btmh": try set(&v2, to: Self.multihash(parts[2]), "btmh", "a SHA-256 multihash: 1220 and 64 hexadecimal digits")
    // Links may name the same content in other networks.
    default: break
    }
  }

  private func set<Digest: Equatable>(
    _ field: inout Digest?, to digest: Digest?, _ kind: String, _ expected: String
  ) throws(MagnetError) {
    guard let digest else { throw MagnetError(place: "xt", problem: "urn:\(kind) must be \(expected)") }
    guard field == nil || field == digest else { throw MagnetError(place: "xt", problem: "there are two different urn:\(kind)") }
    field = digest
  }

  private static func infoHash(_ text: String) -> SHA1Digest? {
    text.utf8.count == 32 ? Base32.decode(text).flatMap { SHA1Digest($0) } : SHA1Digest(hex: text)
  }

  private static func multihash(_ text: Substring) -> SHA256Digest? {
    guard text.hasPrefix(Magnet.sha256Multihash) else { return nil }
    return SHA256Digest(hex: String(text.dropFirst(Magnet.sha256Multihash.count)))
  }

  private mutating func peer(_ text: String, at key: String) throws(MagnetError) {
    let colon = text.lastIndex(of: ":")
    let host = colon.map { text[..<$0] } ?? ""
    let port = colon.flatMap { UInt16(text[text.index(after: $0)...]) } ?? 0
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    let name = isBracketed ? host.dropFirst().dropLast() : host
    // Brackets are for IPv6 addresses, which have colons, and for nothing else.
    guard port > 0, !name.isEmpty, name.contains(":") == isBracketed, !name.contains(where: { "[]".contains($0) }) else {
      throw MagnetError(place: key, problem: "\(shown(text.utf8)) is not HOST:PORT")
    }
    let peer = Magnet.Peer(host: String(name), port: port)
    if seenPeers.insert(peer).inserted { peers.append(peer) }
  }
}
