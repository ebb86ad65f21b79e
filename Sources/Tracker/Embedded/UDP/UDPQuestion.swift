import Metainfo
import PluginKit

/// What a datagram asks of the tracker (BEP 15).
package struct UDPQuestion: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    case connect
    case announce(TrackerAnnounce)
    case scrape([SHA1Digest])
  }

  package let transaction: UInt32
  /// The connection id that it comes under; the protocol's number in a `connect`.
  package let connection: UInt64
  package let content: Content

  /// The question in the datagram; nil where there is none that deserves an answer. What follows it (options of BEP 41) is passed over.
  package init?(_ datagram: [UInt8]) {
    var reader = QuestionReader(datagram)
    guard let connection: UInt64 = reader.integer(), let action: UInt32 = reader.integer(), let transaction: UInt32 = reader.integer()
    else {
      return nil
    }
    (self.connection, self.transaction) = (connection, transaction)
    switch action {
    case 0 where connection == UDPTrackerCodec.protocolID: content = .connect
    case 1:
      guard let announce = Self.announce(&reader) else { return nil }
      content = .announce(announce)
    case 2:
      guard let infoHashes = Self.infoHashes(&reader) else { return nil }
      content = .scrape(infoHashes)
    default: return nil
    }
  }

  private static func announce(_ reader: inout QuestionReader) -> TrackerAnnounce? {
    guard let infoHash = reader.bytes(20).flatMap({ SHA1Digest($0) }), let peerID = reader.bytes(20).flatMap({ PeerID($0) }),
      let _: UInt64 = reader.integer(), let left: UInt64 = reader.integer(), let _: UInt64 = reader.integer(),
      let event: UInt32 = reader.integer(), reader.bytes(8) != nil, let wanted: Int32 = reader.integer(),
      let port: UInt16 = reader.integer()
    else { return nil }
    let known = AnnounceEvent(rawValue: event) ?? AnnounceEvent.none
    return TrackerAnnounce(
      infoHash: infoHash, peerID: peerID, port: port, isSeed: left == 0 && known != .stopped, event: known,
      wanted: wanted < 0 ? nil : Int(wanted))
  }

  private static func infoHashes(_ reader: inout QuestionReader) -> [SHA1Digest]? {
    var infoHashes: [SHA1Digest] = []
    while infoHashes.count < UDPTrackerCodec.maximumScrape, let infoHash = reader.bytes(20).flatMap({ SHA1Digest($0) }) {
      infoHashes.append(infoHash)
    }
    return infoHashes.isEmpty ? nil : infoHashes
  }
}

/// What datagrams answer.
package enum UDPAnswer {
  /// What an answer of peers has room for, so that it is one packet of any network.
  package static func room(_ family: IPAddress.Family) -> Int { family == .v4 ? 200 : 74 }

  package static func connected(_ connection: UInt64, transaction: UInt32) -> [UInt8] {
    UInt32(0).bigEndianBytes + transaction.bigEndianBytes + connection.bigEndianBytes
  }

  package static func announced(_ reply: TrackerReply, family: IPAddress.Family, transaction: UInt32) -> [UInt8] {
    let numbers = [
      1, transaction, UInt32(clamping: max(1, reply.interval.components.seconds)), UInt32(clamping: reply.counts.leechers),
      UInt32(clamping: reply.counts.seeders),
    ]
    return numbers.flatMap(\.bigEndianBytes) + Array(reply.peers.prefix(room(family))).packed(family)
  }

  /// Swarms that are unknown and such that the asker may not know of have nobody in them.
  package static func scraped(_ infoHashes: [SHA1Digest], _ counts: [SHA1Digest: SwarmCounts], transaction: UInt32) -> [UInt8] {
    let numbers = infoHashes.flatMap { infoHash in
      let counts = counts[infoHash]
      return [counts?.seeders ?? 0, counts?.downloads ?? 0, counts?.leechers ?? 0].map { UInt32(clamping: $0) }
    }
    return ([2, transaction] + numbers).flatMap(\.bigEndianBytes)
  }

  package static func failed(_ reason: String, transaction: UInt32) -> [UInt8] {
    UInt32(3).bigEndianBytes + transaction.bigEndianBytes + Array(reason.utf8)
  }
}

/// Reads numbers in network order off a question.
private struct QuestionReader {
  private let source: [UInt8]
  private var offset = 0

  init(_ source: [UInt8]) {
    self.source = source
  }

  mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
    guard source.count - offset >= count else { return nil }
    defer { offset += count }
    return source[offset..<offset + count]
  }

  mutating func integer<Number: FixedWidthInteger>() -> Number? {
    bytes(Number.bitWidth / 8).map { $0.reduce(Number(0)) { $0 << 8 | Number(truncatingIfNeeded: $1) } }
  }
}
