import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Synchronization

/// What a connection tells of its peer's pieces, and what a super-seeded peer is told of ours (BEP 16).
extension PeerConnection {
  /// Pieces that are told of at once when nothing is held back any more; the rest follows in the next seconds.
  private static let mostHaves = 8_192

  /// Before the first messages: whether the peer's pieces are counted, and whether it is told of ours one by one.
  func beginWatch(_ peer: ActivePeer) {
    let settings = core.settings
    guard !peer.swarm.isFetching, settings.watches(peer.swarm.facts) else { return }
    let watch = peer.swarm.beginWatch()
    peer.watch = watch
    let isSuperSeeding = settings.superSeeds(peer.swarm.facts)
    peer.isSuperSeeded = watch.join(number, peer.session.peerPieces, isSuperSeeding: isSuperSeeding, now: core.clock.now())
    if peer.isSuperSeeded { peer.announced = Bitfield(count: peer.announced.count) }
  }

  func endWatch(_ peer: ActivePeer) {
    peer.watch?.leave(number, peer.session.peerPieces)
    peer.watch = nil
  }

  /// Once a second: other settings may ask for the counts, or for no more super-seeding; and time makes room for another piece.
  func lookAtWatch(_ peer: ActivePeer) {
    let wanted = loop.watching(peer.swarm.facts)
    if peer.watch == nil, wanted.watches, !peer.swarm.isFetching {
      peer.watch = peer.swarm.beginWatch()
      _ = peer.watch?.join(number, peer.session.peerPieces, isSuperSeeding: false, now: core.clock.now())
    }
    guard peer.isSuperSeeded else { return }
    if !wanted.superSeeds { peer.watch?.release(number) }
    reveal(peer)
    credit(peer)
  }

  /// The choker is told of what has changed only.
  private func credit(_ peer: ActivePeer) {
    let merit = peer.isSuperSeeded ? peer.watch?.merit(of: number) ?? 0 : 0
    guard merit != peer.merit else { return }
    peer.merit = merit
    let number = number
    core.choke { choker, _ in
      choker.credit(number, merit: merit)
      return []
    }
  }

  /// A message that may tell of pieces.
  func receiveOfPieces(_ message: PeerMessage, _ peer: ActivePeer) throws {
    let count = peer.session.peerPieceCount
    let before = peer.watch != nil && message.tellsOfAllPieces ? peer.session.peerPieces : nil
    let event = try peer.receiveOfPieces(message)
    let due = peer.watch.map { tell($0, event, before, isNews: peer.session.peerPieceCount != count, peer) } ?? []
    try receiveRare(event)
    revealMore(to: due)
    // At once, and after the counts are right: a buffer holds thousands of small messages.
    try spendGlitches()
  }

  private func tell(_ watch: SwarmWatch, _ event: PeerEvent, _ before: Bitfield?, isNews: Bool, _ peer: ActivePeer) -> Set<PeerNumber> {
    switch event {
    case .have(let piece): return isNews ? Set(watch.changed(number, piece, isThere: true)) : []
    case .dontHave(let piece): return isNews ? Set(watch.changed(number, piece, isThere: false)) : []
    default:
      guard let before else { return [] }
      // What it has is known now: the first piece can be one that it lacks.
      return watch.changed(number, from: before, to: peer.session.peerPieces).union([number])
    }
  }

  private func revealMore(to due: Set<PeerNumber>) {
    for other in due { core.visit(other) { connection in connection.revealMore() } }
  }

  /// A batch was sent: half a piece gone out makes room for the next.
  func tellSent(_ batch: [Block]) {
    guard active?.watch?.sent(batch, to: number, now: core.clock.now()) == true else { return }
    // Not within the batch's own turn, which is part of an event or of a write.
    loop.eventLoop.assumeIsolated().execute { [self] in revealMore() }
  }

  private func revealMore() {
    guard phase == .active, active?.isSuperSeeded == true else { return }
    handleOrJoin { connection in connection.active.map(connection.reveal) }
  }

  func reveal(_ peer: ActivePeer) {
    guard let watch = peer.watch else { return }
    let visible = peer.context.grant.visible(peer.swarm.have)
    let answer = watch.next(
      for: number, visible: visible, announced: peer.announced, held: peer.session.peerPieces,
      isInterested: peer.context.isInterested, isChoked: peer.context.isChoked, now: core.clock.now())
    switch answer {
    case .nothing: break
    case .pieces(let pieces): for piece in pieces { tellOf(piece, peer) }
    case .everything:
      for piece in visible.without(peer.announced).pieces.prefix(Self.mostHaves) { tellOf(piece, peer) }
      peer.isSuperSeeded = !visible.without(peer.announced).isEmpty
    }
  }

  private func tellOf(_ piece: Int, _ peer: ActivePeer) {
    guard peer.session.willHave(piece) else { return }
    peer.announced[piece] = true
    send(.have(UInt32(piece)), .have(piece))
  }
}

extension PeerMessage {
  /// Whether the peer's pieces may be others after it. Cheap: asked for every message.
  var mayTellOfPieces: Bool {
    switch self {
    case .have, .bitfield, .haveAll, .haveNone, .extended: true
    default: false
    }
  }

  var tellsOfAllPieces: Bool {
    switch self {
    case .bitfield, .haveAll, .haveNone: true
    default: false
    }
  }
}
