import Metainfo
import PluginKit

/// How an HTTP answer lists peers.
package enum PeerListForm: Hashable, Sendable {
  /// Packed, IPv4 and IPv6 apart (BEP 23, BEP 7).
  case compact
  /// A dictionary for each (BEP 3).
  case dictionaries(withPeerIDs: Bool)
}

/// The bodies that the HTTP face answers with.
package enum TrackerReplyBody {
  package static func encode(_ outcome: TrackerOutcome, form: PeerListForm) -> [UInt8] {
    switch outcome {
    case .refused: failure(TrackerOutcome.refusal)
    case .reply(let reply): encode(reply, form)
    }
  }

  /// `failure reason` (BEP 3), and nothing else.
  package static func failure(_ reason: String) -> [UInt8] {
    Bencode.dictionary(["failure reason": .string(reason)]).encoded()
  }

  /// The counts by info-hash (BEP 48).
  package static func encode(_ counts: [SHA1Digest: SwarmCounts]) -> [UInt8] {
    let files = counts.map { infoHash, counts in
      (
        infoHash.bytes,
        Bencode.dictionary([
          "complete": .integer(counts.seeders), "downloaded": .integer(counts.downloads), "incomplete": .integer(counts.leechers),
        ])
      )
    }
    return Bencode.dictionary(["files": .dictionary(Dictionary(files) { first, _ in first })]).encoded()
  }

  private static func encode(_ reply: TrackerReply, _ form: PeerListForm) -> [UInt8] {
    var fields = ReplyFields(capacity: 128 + reply.peers.count * 18)
    fields.put("complete", reply.counts.seeders)
    fields.put("downloaded", reply.counts.downloads)
    fields.put("incomplete", reply.counts.leechers)
    fields.put("interval", max(1, reply.interval.components.seconds))
    fields.put("min interval", max(1, reply.minimumInterval.components.seconds))
    switch form {
    case .compact:
      fields.put("peers", string: reply.peers.packed(.v4))
      let peers6 = reply.peers.packed(.v6)
      if !peers6.isEmpty { fields.put("peers6", string: peers6) }
    case .dictionaries(let withPeerIDs):
      fields.put("peers", encoded: Bencode.list(reply.peers.map { dictionary($0, withPeerIDs) }).encoded())
    }
    return fields.end()
  }

  private static func dictionary(_ peer: ListedPeer, _ withPeerID: Bool) -> Bencode {
    var fields: [[UInt8]: Bencode] = [
      Array("ip".utf8): .string(peer.address.ip.description), Array("port".utf8): .integer(Int64(peer.address.port)),
    ]
    if withPeerID { fields[Array("peer id".utf8)] = .bytes(peer.peerID.bytes) }
    return .dictionary(fields)
  }
}

/// A dictionary whose fields are put in the order of their keys, as BEP 3 has them. What each announce is answered with is written at once: to
/// make values of it first, and to sort them, takes longer than all else about it.
private struct ReplyFields {
  private var bytes: [UInt8] = []

  init(capacity: Int) {
    bytes.reserveCapacity(capacity)
    bytes.append(UInt8(ascii: "d"))
  }

  mutating func put(_ key: String, _ number: Int64) {
    putKey(key)
    bytes.append(UInt8(ascii: "i"))
    bytes.append(contentsOf: String(number).utf8)
    bytes.append(UInt8(ascii: "e"))
  }

  mutating func put(_ key: String, string: [UInt8]) {
    putKey(key)
    bytes.append(contentsOf: String(string.count).utf8)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(contentsOf: string)
  }

  mutating func put(_ key: String, encoded: [UInt8]) {
    putKey(key)
    bytes.append(contentsOf: encoded)
  }

  private mutating func putKey(_ key: String) {
    bytes.append(contentsOf: String(key.utf8.count).utf8)
    bytes.append(UInt8(ascii: ":"))
    bytes.append(contentsOf: key.utf8)
  }

  mutating func end() -> [UInt8] {
    bytes.append(UInt8(ascii: "e"))
    return bytes
  }
}

extension [ListedPeer] {
  /// Addresses and ports of one family without gaps, in network order.
  func packed(_ family: IPAddress.Family) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * (family == .v4 ? 6 : 18))
    for peer in self where peer.address.ip.family == family {
      peer.address.ip.append(to: &bytes)
      bytes.append(UInt8(peer.address.port >> 8))
      bytes.append(UInt8(truncatingIfNeeded: peer.address.port))
    }
    return bytes
  }
}
