import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// Something that happens to a connection: a message that is valid where it stands, or what the engine does.
struct TrialEvent: Sendable {
  /// The hook that it calls first; nil for none.
  let hook: Hook?
  let play: @Sendable (PeerTrial) throws -> Void

  init(_ hook: Hook?, _ play: @escaping @Sendable (PeerTrial) throws -> Void) {
    (self.hook, self.play) = (hook, play)
  }
}

// MARK: Beginning

extension TrialEvent {
  static let connected = TrialEvent(.onConnected) { try $0.chain.onConnected() }
  static let handshake = TrialEvent(.onHandshake) { try $0.refuse($0.chain.onHandshake($0.handshake)) }

  /// Our extended handshake, with what the plugin adds: every client must be able to read it, ours too.
  static let additions = TrialEvent(.addHandshake) { trial in
    guard trial.context.supportsExtensions else { return }
    var additions = HandshakeAdditions()
    try trial.chain.addHandshake(&additions)
    var handshake = ExtendedHandshake()
    handshake.extra = additions.keys
    if (try? ExtendedHandshake.decode(ByteBuffer(bytes: handshake.encoded()))) == nil {
      trial.bench.log.found(
        .answer, .addHandshake, "keys that fit in an extended handshake", "\(handshake.encoded().count) bytes that nobody takes")
    }
    trial.chain.sent(.extended("handshake"))
  }

  static func sent(_ message: SentMessage) -> TrialEvent { TrialEvent(message.hook) { $0.chain.sent(message) } }
}

// MARK: What the peer tells of itself

extension TrialEvent {
  static func extensionHandshake(_ handshake: ExtendedHandshake) -> TrialEvent {
    TrialEvent(.onExtensionHandshake) { trial in
      guard trial.context.supportsExtensions else { return }
      let known = trial.peerExtensions?.updated(by: handshake) ?? handshake
      (trial.peerExtensions, trial.context.peerMessages) = (known, known.messages)
      try trial.refuse(trial.chain.onExtensionHandshake(handshake))
    }
  }

  static let choke = TrialEvent(.onChoke) { _ = try $0.chain.onChoke() }
  static let unchoke = TrialEvent(.onUnchoke) { _ = try $0.chain.onUnchoke() }

  static let interested = TrialEvent(.onInterested) { trial in
    trial.context.isInterested = true
    guard try trial.chain.onInterested() == .pass else { return }
    _ = try trial.chain.unchokePriority()
    guard trial.context.isChoked else { return }
    trial.context.isChoked = false
    trial.chain.sent(.unchoke)
  }

  static let notInterested = TrialEvent(.onNotInterested) { trial in
    trial.context.isInterested = false
    _ = try trial.chain.onNotInterested()
    _ = try trial.chain.unchokePriority()
    guard !trial.context.isChoked else { return }
    trial.context.isChoked = true
    trial.chain.sent(.choke)
  }

  static func have(_ piece: Int) -> TrialEvent {
    TrialEvent(.onHave) { trial in
      trial.context.peerPieces[piece] = true
      _ = try trial.chain.onHave(piece)
    }
  }

  static func dontHave(_ piece: Int) -> TrialEvent {
    TrialEvent(.onDontHave) { trial in
      trial.context.peerPieces[piece] = false
      _ = try trial.chain.onDontHave(piece)
    }
  }

  static func bitfield(_ pieces: Bitfield) -> TrialEvent {
    TrialEvent(.onBitfield) { trial in
      trial.context.peerPieces = pieces
      _ = try trial.chain.onBitfield(pieces)
    }
  }

  static let haveAll = TrialEvent(.onHaveAll) { trial in
    trial.context.peerPieces = Bitfield(count: trial.context.peerPieces.count, filled: true)
    _ = try trial.chain.onHaveAll()
  }

  static let haveNone = TrialEvent(.onHaveNone) { _ = try $0.chain.onHaveNone() }
  static func allowedFast(_ piece: Int) -> TrialEvent { TrialEvent(.onAllowedFast) { _ = try $0.chain.onAllowedFast(piece) } }
  static func suggest(_ piece: Int) -> TrialEvent { TrialEvent(.onSuggest) { _ = try $0.chain.onSuggest(piece) } }

  static func extended(_ name: String, _ payload: [UInt8]) -> TrialEvent {
    TrialEvent(.onExtended) { trial in
      guard trial.context.supportsExtensions, trial.context.grant.message.isAllowed || name == MetadataMessage.name else { return }
      _ = try trial.chain.onExtended(name, ByteBuffer(bytes: payload))
    }
  }

  static func unknown(_ id: UInt8, _ payload: [UInt8]) -> TrialEvent {
    TrialEvent(.onUnknownMessage) { _ = try $0.chain.onUnknownMessage(id, ByteBuffer(bytes: payload)) }
  }
}

// MARK: Blocks that the peer asks for

extension TrialEvent {
  /// A request, and what comes of it: the block, unless the peer takes it back before.
  static func request(_ block: Block, isCancelled: Bool = false) -> TrialEvent {
    TrialEvent(.onRequest) { trial in
      guard trial.context.mayHave(block) else { return }
      trial.asked.insert(block)
      if trial.context.isChoked {
        trial.context.isChoked = false
        trial.chain.sent(.unchoke)
      }
      try trial.ask(block, isCancelled: isCancelled, again: 3)
    }
  }
}

extension PeerTrial {
  /// Asks the handlers and does what they say; puts off is asked again at its time, some times.
  fileprivate func ask(_ block: Block, isCancelled: Bool, again: Int) throws {
    switch try chain.onRequest(block)?.answer {
    case nil, .pass: try serve(block, isCancelled: isCancelled)
    case .reject: chain.sent(.reject(block))
    case .postpone(let until):
      guard again > 0, until > bench.clock.now else { return chain.sent(.reject(block)) }
      bench.clock.advance(by: min(until - bench.clock.now, .seconds(3600)))
      context.now = bench.clock.now
      try ask(block, isCancelled: isCancelled, again: again - 1)
    case .handled:
      debts.insert(block)
      if isCancelled { try cancel(block) }
    }
  }

  private func serve(_ block: Block, isCancelled: Bool) throws {
    if isCancelled, try chain.onCancel(block) == .pass { return chain.sent(.reject(block)) }
    chain.sent(.piece(block))
    sentPayload(Int(block.length))
  }

  private func cancel(_ block: Block) throws {
    guard try chain.onCancel(block) == .pass, debts.remove(block) != nil else { return }
    chain.sent(.reject(block))
  }
}

// MARK: Blocks that we ask for

extension TrialEvent {
  /// What becomes of a request of ours.
  enum Outcome: Sendable, CaseIterable { case block, reject, cancel }

  static func ask(_ block: Block, _ outcome: Outcome) -> TrialEvent {
    TrialEvent(.writeRequest) { trial in
      guard try trial.chain.writeRequest(block) == nil else { return }
      trial.chain.sent(.request(block))
      switch outcome {
      case .block: _ = try trial.chain.onPiece(block, ByteBuffer(repeating: 7, count: Int(block.length)))
      case .reject: _ = try trial.chain.onReject(block)
      case .cancel: trial.chain.sent(.cancel(block))
      }
    }
  }

  static func piecePassed(_ piece: Int) -> TrialEvent { TrialEvent(.onPiecePass) { try $0.chain.onPiecePass(piece) } }
  static func pieceFailed(_ piece: Int) -> TrialEvent { TrialEvent(.onPieceFailed) { try $0.chain.onPieceFailed(piece) } }
}

// MARK: Time and the engine

extension TrialEvent {
  static func tick(after time: Duration = .seconds(1)) -> TrialEvent {
    TrialEvent(.tick) { trial in
      trial.bench.clock.advance(by: time)
      trial.context.now = trial.bench.clock.now
      try trial.chain.tick(trial.bench.clock.now)
    }
  }

  static func mayGo(_ cause: DisconnectCause) -> TrialEvent { TrialEvent(.canDisconnect) { _ = try $0.chain.canDisconnect(cause) } }
  static let reload = TrialEvent(nil) { try $0.reload() }
}
