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
    var fields: [[UInt8]: Bencode] = [
      Array("complete".utf8): .integer(reply.counts.seeders), Array("incomplete".utf8): .integer(reply.counts.leechers),
      Array("downloaded".utf8): .integer(reply.counts.downloads),
      Array("interval".utf8): .integer(max(1, reply.interval.components.seconds)),
      Array("min interval".utf8): .integer(max(1, reply.minimumInterval.components.seconds)),
    ]
    switch form {
    case .compact:
      fields[Array("peers".utf8)] = .bytes(reply.peers.packed(.v4))
      let peers6 = reply.peers.packed(.v6)
      if !peers6.isEmpty { fields[Array("peers6".utf8)] = .bytes(peers6) }
    case .dictionaries(let withPeerIDs):
      fields[Array("peers".utf8)] = .list(reply.peers.map { dictionary($0, withPeerIDs) })
    }
    return Bencode.dictionary(fields).encoded()
  }

  private static func dictionary(_ peer: ListedPeer, _ withPeerID: Bool) -> Bencode {
    var fields: [[UInt8]: Bencode] = [
      Array("ip".utf8): .string(peer.address.ip.description), Array("port".utf8): .integer(Int64(peer.address.port)),
    ]
    if withPeerID { fields[Array("peer id".utf8)] = .bytes(peer.peerID.bytes) }
    return .dictionary(fields)
  }
}

extension [ListedPeer] {
  /// Addresses and ports of one family without gaps, in network order.
  func packed(_ family: IPAddress.Family) -> [UInt8] {
    var bytes: [UInt8] = []
    for peer in self where peer.address.ip.family == family {
      bytes += peer.address.ip.bytes
      bytes += peer.address.port.bigEndianBytes
    }
    return bytes
  }
}
