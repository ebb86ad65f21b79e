import Metainfo
import PeerProtocol
import PluginKit

/// What a connection has once its peer is authorized. A class: a copy of the queue that is held while it changes would copy it all.
final class ActivePeer {
  let swarm: Swarm
  let context: PeerContext
  /// Those of the policy in force.
  var chain: PeerPluginChain
  /// What the peer's handshake says of itself, for handlers that come later.
  let handshake: PeerHandshake
  var session: PeerSession
  var queue: UploadQueue
  /// Requests that a plugin postponed, with the moments at which it is asked again. No longer than the queue.
  var postponed: [(block: Block, until: ContinuousClock.Instant)] = []
  /// Blocks that a plugin promised to send itself, with their deadlines. No longer than the queue.
  var debts: [Block: ContinuousClock.Instant] = [:]
  /// The pieces that the peer has been told of.
  var announced: Bitfield
  /// Pieces that it is to be told of, and that are no urgent news to it.
  var lateNews: [Int] = []
  /// Where it is counted who has what, while something needs it.
  var watch: SwarmWatch?
  /// Whether the peer is told of pieces a few at a time (BEP 16).
  var isSuperSeeded = false
  /// What we want of it, while we fetch and may ask it.
  var download: PeerDownload?
  /// Bytes of blocks that it gave and that were of use: also of a fetch that is at its end.
  var downloaded: Int64 = 0
  /// How well a super-seeded peer shares, as the choker was told.
  var merit: UInt8 = 0

  init(
    swarm: Swarm, context: PeerContext, chain: PeerPluginChain, handshake: PeerHandshake, session: PeerSession, queue: UploadQueue,
    announced: Bitfield
  ) {
    (self.swarm, self.context, self.chain, self.handshake) = (swarm, context, chain, handshake)
    (self.session, self.queue, self.announced) = (session, queue, announced)
  }

  var layout: PieceLayout { swarm.layout }
  /// Requests that wait in one way or another.
  var waiting: Int { queue.count + postponed.count + debts.count }
  /// Whether one more request may wait.
  var hasRoom: Bool { waiting < queue.capacity }

  /// The event that a message is which may tell of pieces. Plugins see the session's record of these, one copy in memory for both; while it
  /// may change only the session has it, or each `have` would copy it.
  func receiveOfPieces(_ message: PeerMessage) throws(ProtocolViolation) -> PeerEvent {
    context.peerPieces = swarm.noPieces
    defer { context.peerPieces = session.peerPieces }
    return try session.receive(message)
  }
}
