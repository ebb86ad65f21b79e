import Metainfo
import PluginKit

/// What an HTTP request asks of the tracker (BEP 3, 23, 48): the target of its request line, as bytes.
package struct TrackerTarget: Hashable, Sendable {
  package enum Question: Hashable, Sendable {
    case announce(TrackerAnnounce, form: PeerListForm)
    /// The info-hashes asked about; where there are none, nothing is told of any.
    case scrape([SHA1Digest])
  }

  package enum Problem: Error, Hashable, Sendable {
    /// Neither an announce nor a scrape.
    case notFound
    /// What is wrong, in words that hold nothing of the request's.
    case malformed(String)
  }

  /// The announce key in the path; nil where there is none.
  package let key: [UInt8]?
  package let question: Question

  package static let longest = 16 << 10
  private static let longestKey = 128
  private static let mostScraped = UDPTrackerCodec.maximumScrape

  package init(_ target: some Collection<UInt8>) throws(Problem) {
    guard target.count <= Self.longest else { throw .malformed("the request is too long") }
    let bytes = target.withContiguousStorageIfAvailable { Array($0) } ?? Array(target)
    let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
    let path = bytes[..<mark].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true)
    let query = QueryFields(bytes[mark...].dropFirst())
    guard bytes.first == UInt8(ascii: "/"), path.count == 1 || path.count == 2, let last = path.last else { throw .notFound }
    key = path.count == 2 ? QueryFields.decode(path[0], limit: Self.longestKey) : nil
    // A key that cannot be read is one that nobody has.
    guard path.count == 1 || key != nil else { throw .notFound }
    switch String(decoding: last, as: UTF8.self) {
    case "announce": question = try Self.announce(query)
    case "scrape": question = .scrape(try Self.infoHashes(query))
    default: throw .notFound
    }
  }

  private static func announce(_ query: QueryFields) throws(Problem) -> Question {
    guard let infoHash = query["info_hash"].flatMap({ SHA1Digest($0) }) else { throw .malformed("info_hash has to be 20 bytes") }
    guard let peerID = query["peer_id"].flatMap({ PeerID($0) }) else { throw .malformed("peer_id has to be 20 bytes") }
    guard let port = query.number("port").flatMap(UInt16.init(exactly:)) else { throw .malformed("port has to be a number to 65535") }
    let event = query.text("event").map(AnnounceEvent.init(parameter:)) ?? AnnounceEvent.none
    // A client that knows no sizes yet, as from a magnet, leaves `left` out or says 1.
    let isSeed = query.number("left") == 0 && event != .stopped
    let announce = TrackerAnnounce(
      infoHash: infoHash, peerID: peerID, port: port, isSeed: isSeed, event: event,
      wanted: query.number("numwant").map { Int(clamping: max(0, $0)) })
    let form: PeerListForm =
      query.number("compact") == 0 ? .dictionaries(withPeerIDs: query.number("no_peer_id") != 1) : .compact
    return .announce(announce, form: form)
  }

  private static func infoHashes(_ query: QueryFields) throws(Problem) -> [SHA1Digest] {
    let named = query.all("info_hash")
    guard named.count <= mostScraped else { throw .malformed("more than \(mostScraped) info_hash") }
    let infoHashes = named.compactMap { SHA1Digest($0) }
    guard infoHashes.count == named.count else { throw .malformed("info_hash has to be 20 bytes") }
    return infoHashes
  }
}

extension AnnounceEvent {
  /// The event of an HTTP parameter; an unknown one, as `paused` of BEP 21, is a regular announce.
  init(parameter: String) {
    switch parameter {
    case "completed": self = .completed
    case "started": self = .started
    case "stopped": self = .stopped
    default: self = .none
    }
  }
}

/// The fields of a query, percent-decoded as bytes when they are asked for: an info-hash is no text.
struct QueryFields {
  private let fields: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)]
  private static let most = 256

  /// What is no `name=value` is passed over, and so is what is badly escaped.
  init(_ query: ArraySlice<UInt8>) {
    var fields: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
    fields.reserveCapacity(16)
    for part in query.split(separator: UInt8(ascii: "&"), maxSplits: Self.most).prefix(Self.most) {
      guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { continue }
      fields.append((part[..<equals], part[(equals + 1)...]))
    }
    self.fields = fields
  }

  /// The first value of the name.
  subscript(name: String) -> [UInt8]? {
    for field in fields where Self.isNamed(field.name, name) {
      if let value = Self.decode(field.value) { return value }
    }
    return nil
  }

  func all(_ name: String) -> [[UInt8]] { fields.filter { Self.isNamed($0.name, name) }.compactMap { Self.decode($0.value) } }

  private static func isNamed(_ bytes: ArraySlice<UInt8>, _ name: String) -> Bool {
    if bytes.count == name.utf8.count { return bytes.elementsEqual(name.utf8) }
    guard bytes.contains(UInt8(ascii: "%")) else { return false }
    return decode(bytes)?.elementsEqual(name.utf8) ?? false
  }
  func text(_ name: String) -> String? { self[name].flatMap { String(validating: $0, as: UTF8.self) } }

  /// A whole number in decimal.
  func number(_ name: String) -> Int64? { text(name).flatMap { Int64($0) } }

  /// The bytes with their escapes resolved; nil where one is broken, or they are more than the limit. A plus is a plus: clients escape spaces.
  static func decode(_ bytes: ArraySlice<UInt8>, limit: Int = .max) -> [UInt8]? {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(min(bytes.count, limit))
    var rest = bytes.makeIterator()
    while let byte = rest.next() {
      guard decoded.count < limit else { return nil }
      guard byte == UInt8(ascii: "%") else {
        decoded.append(byte)
        continue
      }
      guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else { return nil }
      decoded.append(high << 4 | low)
    }
    return decoded
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
