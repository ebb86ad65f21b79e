import Metainfo
import NIOCore

/// What both sides of one connection have said, after the handshake: each message is checked against it and becomes an event, or ends the
/// connection. A pure value without IO: what we send is told to it by the `will…` and `did…` functions, so that this is the one record of
/// the protocol's state.
///
/// Piece availability (`bitfield`, `have all`, `have none`) comes once and first. Only what says nothing of pieces may precede it:
/// extended messages (every client sends its extended handshake first, and libtorrent without metadata asks for that before it has any
/// availability to send), `port`, keep-alives (rTorrent sends one in place of an empty bitfield) and unknown messages.
package struct PeerSession: Sendable {
  /// Files and pieces; nil while there is no metadata.
  package internal(set) var layout: PieceLayout?
  /// Both sides have the fast extension (BEP 6).
  package let fast: Bool
  /// Both sides have the extension protocol (BEP 10).
  package let extensions: Bool
  /// Hash messages may be sent (BEP 52).
  package let v2: Bool
  package let limits: SessionLimits

  /// We do not serve the peer.
  package internal(set) var amChoking = true
  /// We want something of the peer's.
  package internal(set) var amInterested = false
  /// Our availability has been sent (or, where we had nothing and no `have none` to say so, need not be).
  package internal(set) var hasAnnounced = false
  /// The pieces that the peer believes us to have.
  package internal(set) var announced: Bitfield
  /// The pieces that we have allowed the peer while choked (BEP 6).
  package internal(set) var allowedFast: Set<UInt32> = []
  /// The blocks that we have asked for and that are neither answered nor given up.
  package internal(set) var outstandingRequests: Set<Block> = []
  /// The hashes that we have asked for.
  package internal(set) var outstandingHashRequests: Set<HashRequest> = []

  /// The peer does not serve us.
  package internal(set) var peerChoking = true
  /// The peer wants something of ours.
  package internal(set) var peerInterested = false
  /// The peer's pieces; of no pieces while there is no metadata.
  package internal(set) var peerPieces: Bitfield
  /// How many pieces the peer has; 0 while there is no metadata.
  package internal(set) var peerPieceCount = 0
  /// The peer has said that it wants nothing more (BEP 21).
  package internal(set) var peerUploadOnly = false
  /// The pieces that the peer allows us while it chokes us (BEP 6).
  package internal(set) var peerAllowedFast: Set<UInt32> = []
  /// What the peer's extended handshakes add up to; nil before the first one.
  package internal(set) var peerExtensions: ExtendedHandshake?
  /// Messages without value so far.
  package internal(set) var glitchCount = 0

  var bounds: BlockBounds
  var early = EarlyPieces()
  var acceptsAvailability = true
  var hasPort = false
  /// Pieces that the peer has said to have lost.
  var lostCount: UInt32 = 0
  var lapsedRequests: [Block] = []
  /// With the fast extension: what we have taken back and the peer has not answered yet. The oldest first.
  var cancelledRequests: [Block] = []
  var ourMessages = OurMessages()
  private var glitchesTaken = 0

  /// The state right after both handshakes.
  ///
  /// - Parameter noPieces: an empty bitfield of the layout's count, for sessions of one torrent to share; nil makes one.
  package init(
    layout: PieceLayout?, fast: Bool, extensions: Bool, v2: Bool, limits: SessionLimits = SessionLimits(), noPieces: Bitfield? = nil
  ) {
    (self.layout, self.fast, self.extensions, self.v2, self.limits) = (layout, fast, extensions, v2, limits)
    let none = noPieces ?? Bitfield(count: layout?.pieceCount ?? 0)
    (announced, peerPieces, bounds) = (none, none, BlockBounds(layout))
  }

  /// Whether the peer has every piece.
  package var peerIsSeed: Bool {
    guard let layout else { return early.isSeed }
    return peerPieceCount == layout.pieceCount
  }

  /// Glitches counted since the last call, to be spent from a `GlitchBudget`.
  package mutating func takeGlitches() -> Int {
    defer { glitchesTaken = glitchCount }
    return glitchCount - glitchesTaken
  }

  /// Counts a message that had no value, such as a `cancel` of nothing, which only the engine can know.
  package mutating func countGlitch(times: Int = 1) { glitchCount += times }

  /// The event that a message is, after all checks; the record of the peer's state has then been kept.
  /// - Throws: what the peer did wrong; the connection must end.
  package mutating func receive(_ message: PeerMessage) throws(ProtocolViolation) -> PeerEvent {
    if case .request(let block) = message {
      acceptsAvailability = false
      try check(block, .request)
      return .requested(block)
    }
    let event = try receiveOther(message)
    if !message.mayPrecedeAvailability { acceptsAvailability = false }
    return event
  }

  private mutating func receiveOther(_ message: PeerMessage) throws(ProtocolViolation) -> PeerEvent {
    switch message {
    case .keepAlive:
      countGlitch()
      return .keepAlive
    case .choke: return receiveChoke()
    case .unchoke: return receiveUnchoke()
    case .interested: return .interested(changed: receiveInterest(true))
    case .notInterested: return .notInterested(changed: receiveInterest(false))
    case .have(let piece): return try receiveHave(piece)
    case .bitfield(let bits): return try receiveBitfield(bits)
    case .haveAll: return try receiveHaveAll()
    case .haveNone: return try receiveHaveNone()
    case .request(let block): return .requested(block)
    case .cancel(let block): return try receiveCancel(block)
    case .piece(let data): return try receivePiece(data)
    case .reject(let block): return try receiveReject(block)
    case .suggest(let piece): return try receiveSuggest(piece)
    case .allowedFast(let piece): return try receiveAllowedFast(piece)
    case .port(let port): return receivePort(port)
    case .extended(let id, let payload): return try receiveExtended(id, payload)
    case .hashRequest(let request): return try receiveHashRequest(request)
    case .hashes(let request, let hashes): return try receiveHashes(request, hashes)
    case .hashReject(let request): return try receiveHashReject(request)
    case .unknown(let id, let payload): return .unknown(id: id, payload)
    }
  }

  private mutating func receivePort(_ port: UInt16) -> PeerEvent {
    if hasPort { countGlitch() }
    hasPort = true
    return .port(port)
  }
}

extension PeerMessage {
  fileprivate var mayPrecedeAvailability: Bool {
    switch self {
    case .keepAlive, .extended, .port, .unknown: true
    default: false
    }
  }
}
