import Metainfo
import PluginKit

/// What we ask a UDP tracker for (BEP 15).
package enum UDPTrackerRequest: Hashable, Sendable {
  case announce(AnnounceRequest)
  /// At most `UDPTrackerCodec.maximumScrape` swarms.
  case scrape([SHA1Digest])
}

/// What a UDP tracker answers.
package enum UDPTrackerReply: Hashable, Sendable {
  /// The connection id.
  case connected(UInt64)
  case announced(AnnounceResponse)
  /// In the order of the request.
  case scraped([SwarmCounts])
  /// The tracker's reason, as it sent it.
  case failed(String)
}

/// The datagrams of BEP 15.
package enum UDPTrackerCodec {
  /// How many swarms a scrape may name.
  package static let maximumScrape = 74
  static let protocolID: UInt64 = 0x417_2710_1980

  private enum Action: UInt32 {
    case connect = 0
    case announce = 1
    case scrape = 2
    case error = 3
  }

  /// The request for a connection id.
  package static func encodeConnect(transaction: UInt32) -> [UInt8] {
    header(protocolID, .connect, transaction)
  }

  /// A request under a connection id, over IPv4 where addresses have a length of 4, and over IPv6 where it is 16.
  package static func encode(
    _ request: UDPTrackerRequest, connection: UInt64, transaction: UInt32, addressLength: Int = 4
  ) -> [UInt8] {
    switch request {
    case .announce(let announce):
      header(connection, .announce, transaction) + body(announce, over: addressLength == 4 ? .v4 : .v6)
    case .scrape(let infoHashes):
      header(connection, .scrape, transaction) + infoHashes.prefix(maximumScrape).flatMap(\.bytes)
    }
  }

  /// Reads a reply. `addressLength` is 4 for a datagram that came over IPv4 and 16 over IPv6: the length of its peers' addresses.
  /// Throws `malformed` with the offset where it is too short or of no known action.
  package static func decode(_ datagram: [UInt8], addressLength: Int) throws(TrackerError) -> (transaction: UInt32, reply: UDPTrackerReply)
  {
    var reader = DatagramReader(datagram)
    let number: UInt32 = try reader.integer()
    let transaction: UInt32 = try reader.integer()
    guard let action = Action(rawValue: number) else { throw .malformed(place: "byte 0", problem: "the action \(number) is unknown") }
    return (transaction, try reply(action, &reader, addressLength: addressLength))
  }

  private static func reply(_ action: Action, _ reader: inout DatagramReader, addressLength: Int) throws(TrackerError) -> UDPTrackerReply {
    switch action {
    case .connect: .connected(try reader.integer())
    case .announce: .announced(try announced(&reader, addressLength: addressLength))
    case .scrape: .scraped(try scraped(&reader))
    case .error: .failed(String(decoding: reader.rest, as: UTF8.self))
    }
  }

  private static func announced(_ reader: inout DatagramReader, addressLength: Int) throws(TrackerError) -> AnnounceResponse {
    let interval: UInt32 = try reader.integer()
    let leechers: UInt32 = try reader.integer()
    let seeders: UInt32 = try reader.integer()
    return AnnounceResponse(
      interval: .seconds(Int64(interval)), peers: PeerAddress.unpack(reader.rest, addressLength: addressLength), seeders: Int64(seeders),
      leechers: Int64(leechers))
  }

  private static func scraped(_ reader: inout DatagramReader) throws(TrackerError) -> [SwarmCounts] {
    var counts: [SwarmCounts] = []
    while reader.rest.count >= 12, counts.count < maximumScrape {
      let seeders: UInt32 = try reader.integer()
      let downloads: UInt32 = try reader.integer()
      let leechers: UInt32 = try reader.integer()
      counts.append(SwarmCounts(seeders: Int64(seeders), leechers: Int64(leechers), downloads: Int64(downloads)))
    }
    return counts
  }

  private static func header(_ connection: UInt64, _ action: Action, _ transaction: UInt32) -> [UInt8] {
    connection.bigEndianBytes + action.rawValue.bigEndianBytes + transaction.bigEndianBytes
  }

  private static func body(_ announce: AnnounceRequest, over family: IPAddress.Family) -> [UInt8] {
    let numbers = [announce.statistics.downloaded, announce.statistics.left, announce.statistics.uploaded]
    // Where the tracker is to take the address from the datagram, the field for another one is 0. An IPv6 address has no room in it.
    let address = family == .v4 ? announce.reach.v4.ip?.bytes : nil
    return announce.infoHash.bytes + announce.peerID + numbers.flatMap(\.bigEndianBytes) + announce.event.rawValue.bigEndianBytes
      + (address ?? [0, 0, 0, 0]) + announce.key.bigEndianBytes + announce.wanted.bigEndianBytes
      + announce.port(over: family).bigEndianBytes
  }
}

/// Reads numbers in network order off a datagram.
private struct DatagramReader {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  var rest: ArraySlice<UInt8> { bytes[offset...] }

  mutating func integer<Number: FixedWidthInteger>() throws(TrackerError) -> Number {
    let size = Number.bitWidth / 8
    guard rest.count >= size else { throw .malformed(place: "byte \(offset)", problem: "the datagram ends too early") }
    let number = rest.prefix(size).reduce(Number(0)) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    offset += size
    return number
  }
}
