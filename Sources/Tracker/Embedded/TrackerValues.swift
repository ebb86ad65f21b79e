import Metainfo
import PluginKit

/// An address and port as policy has them; `PeerAddress` is the clients' packing here.
package typealias Endpoint = PluginKit.PeerAddress

/// Who asks the embedded tracker, as far as the way that the question came can tell.
package struct TrackerAsker: Sendable {
  package var ip: IPAddress
  /// The address of ours that was asked; nil where it is not known.
  package var local: IPAddress?
  package var link: PeerLink
  /// What the link or an announce key proved, the strongest first.
  package var identities: [Identity]

  package init(ip: IPAddress, local: IPAddress? = nil, link: PeerLink = .plain, identities: [Identity] = []) {
    (self.ip, self.local, self.link, self.identities) = (ip, local, link, identities)
  }

  /// Who asks without saying which peer it is.
  static let nobody = PeerID.random(prefix: "-GY0000-")

  /// What policy is told of a peer that listens at the port. It is asked about as one that has shaken hands: a guard that waits for a proof
  /// until then must not let it in because it may still come.
  func facts(port: UInt16, peerID: PeerID, now: WallTime) -> PeerFacts {
    PeerFacts(
      address: Endpoint(ip: ip, port: port), direction: .inbound, link: link, identities: identities, peerID: peerID, now: now)
  }
}

/// One announce as the embedded tracker takes it, from either protocol. The peer's address is the one that the question comes from, never one
/// that it names.
package struct TrackerAnnounce: Hashable, Sendable {
  package var infoHash: SHA1Digest
  package var peerID: PeerID
  /// Where the peer listens; 0 for nowhere: it is told of others, and nobody of it.
  package var port: UInt16
  /// Whether nothing is left.
  package var isSeed: Bool
  package var event: AnnounceEvent
  /// How many peers it would like; nil for what is usual.
  package var wanted: Int?

  package init(infoHash: SHA1Digest, peerID: PeerID, port: UInt16, isSeed: Bool, event: AnnounceEvent = .none, wanted: Int? = nil) {
    (self.infoHash, self.peerID, self.port, self.isSeed) = (infoHash, peerID, port, isSeed)
    (self.event, self.wanted) = (event, wanted)
  }
}

/// A peer that somebody is told of.
package struct ListedPeer: Hashable, Sendable {
  package let address: Endpoint
  package let peerID: PeerID

  package init(address: Endpoint, peerID: PeerID) {
    (self.address, self.peerID) = (address, peerID)
  }
}

/// What an announce is answered with.
package struct TrackerReply: Hashable, Sendable {
  package var interval: Duration
  package var minimumInterval: Duration
  package var counts: SwarmCounts
  package var peers: [ListedPeer]

  package init(interval: Duration, minimumInterval: Duration, counts: SwarmCounts, peers: [ListedPeer]) {
    (self.interval, self.minimumInterval, self.counts, self.peers) = (interval, minimumInterval, counts, peers)
  }
}

/// What became of an announce. An artifact that is unknown and one that the asker may not have are the same refusal.
package enum TrackerOutcome: Hashable, Sendable {
  /// The words of every refusal.
  package static let refusal = "not authorized"

  case reply(TrackerReply)
  case refused
}

/// The node itself as a peer of one of its artifacts.
package struct OwnSeat: Sendable {
  /// Where the asker can reach it: at most one listener for each kind of links. At least one.
  package let peers: [ListedPeer]
  /// All that its announcer calls itself.
  package let peerIDs: [PeerID]
  package let isSeed: Bool

  package init(peers: [ListedPeer], peerIDs: [PeerID], isSeed: Bool) {
    (self.peers, self.peerIDs, self.isSeed) = (peers, peerIDs, isSeed)
  }

  package init(peer: ListedPeer, isSeed: Bool) {
    self.init(peers: [peer], peerIDs: [peer.peerID], isSeed: isSeed)
  }
}

/// The node that the tracker is embedded in.
package protocol TrackingNode: Sendable {
  /// What policy knows of an artifact; nil where it is not in service. May wait for the disk.
  func facts(of artifact: Int64) async -> ArtifactFacts?
  /// The node as a peer of the artifact, where the asker can reach it.
  func seat(of artifact: ArtifactFacts, for asker: TrackerAsker) -> OwnSeat?
}
