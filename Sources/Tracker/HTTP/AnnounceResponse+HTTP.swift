import Metainfo
import NIOCore

extension AnnounceResponse {
  /// Reads the body of an HTTP announce (BEP 3, 7, 23). Throws `malformed` with the field, or `refused`.
  package init(http body: [UInt8]) throws(TrackerError) {
    let body = try TrackerBody(body)
    self.init(
      interval: try body.seconds("interval"), minimumInterval: try body.seconds("min interval"),
      peers: Array((try Self.peers(body["peers"]) + Self.peers6(body["peers6"])).prefix(Self.maximumPeers)),
      seeders: try body.count("complete"), leechers: try body.count("incomplete"), warning: try body.text("warning message"),
      trackerID: try body.bytes("tracker id"))
  }

  private static func peers(_ value: Bencode?) throws(TrackerError) -> [SocketAddress] {
    switch value {
    case nil: return []
    case .bytes(let bytes): return try unpack(bytes, addressLength: 4, place: "peers")
    case .list(let entries): return try peers(entries)
    default: throw .malformed(place: "peers", problem: "neither a string nor a list")
    }
  }

  private static func peers6(_ value: Bencode?) throws(TrackerError) -> [SocketAddress] {
    switch value {
    case nil: return []
    case .bytes(let bytes): return try unpack(bytes, addressLength: 16, place: "peers6")
    default: throw .malformed(place: "peers6", problem: "not a string")
    }
  }

  private static func unpack(_ bytes: [UInt8], addressLength: Int, place: String) throws(TrackerError) -> [SocketAddress] {
    guard bytes.count.isMultiple(of: addressLength + 2) else {
      throw .malformed(place: place, problem: "\(bytes.count) bytes are not a whole number of peers of \(addressLength + 2)")
    }
    return PeerAddress.unpack(bytes, addressLength: addressLength)
  }

  private static func peers(_ entries: [Bencode]) throws(TrackerError) -> [SocketAddress] {
    var peers: [SocketAddress] = []
    for (index, entry) in entries.prefix(maximumPeers).enumerated() {
      guard let host = entry["ip"]?.string else { throw .malformed(place: "peers[\(index)].ip", problem: "no string there") }
      guard let port = entry["port"]?.integer.flatMap(UInt16.init(exactly:)) else {
        throw .malformed(place: "peers[\(index)].port", problem: "no number from 0 to 65535 there")
      }
      if let address = PeerAddress.parse(host, port: port) { peers.append(address) }
    }
    return peers
  }
}
