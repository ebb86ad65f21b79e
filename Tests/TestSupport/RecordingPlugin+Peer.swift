import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// The recorder's part for one connection.
final class RecordingPeer: PeerPlugin {
  private let peer: PeerContext
  private let log: RecordingLog
  private let script: RecordingScript

  init(peer: PeerContext, log: RecordingLog, script: RecordingScript) {
    (self.peer, self.log, self.script) = (peer, log, script)
  }

  var blockHooks: BlockHooks { script.blockHooks }

  func addHandshake(_ additions: inout HandshakeAdditions) throws {
    try called(.addHandshake)
    for (key, value) in script.additions.sorted(by: { $0.key < $1.key }) { additions.add(key, value) }
  }

  func onConnected() throws { try called(.onConnected) }
  func onHandshake(_ handshake: PeerHandshake) throws -> Participation { try participate(.onHandshake, "\(handshake.infoHash)") }
  func onExtensionHandshake(_ handshake: ExtendedHandshake) throws -> Participation { try participate(.onExtensionHandshake) }

  func onChoke() throws -> Handling { try handle(.onChoke) }
  func onUnchoke() throws -> Handling { try handle(.onUnchoke) }
  func onInterested() throws -> Handling { try handle(.onInterested) }
  func onNotInterested() throws -> Handling { try handle(.onNotInterested) }
  func onHave(_ piece: Int) throws -> Handling { try handle(.onHave, "\(piece)") }
  func onDontHave(_ piece: Int) throws -> Handling { try handle(.onDontHave, "\(piece)") }
  func onBitfield(_ pieces: Bitfield) throws -> Handling { try handle(.onBitfield, "\(pieces.population) of \(pieces.count)") }
  func onHaveAll() throws -> Handling { try handle(.onHaveAll) }
  func onHaveNone() throws -> Handling { try handle(.onHaveNone) }
  func onAllowedFast(_ piece: Int) throws -> Handling { try handle(.onAllowedFast, "\(piece)") }
  func onSuggest(_ piece: Int) throws -> Handling { try handle(.onSuggest, "\(piece)") }
  func onReject(_ block: Block) throws -> Handling { try handle(.onReject, "\(block)") }
  func onCancel(_ block: Block) throws -> Handling { try handle(.onCancel, "\(block)") }

  func onRequest(_ block: Block) throws -> RequestAnswer {
    try called(.onRequest, "\(block)")
    return try script.request(peer, block)
  }

  func onPiece(_ block: Block, _ bytes: ByteBuffer) throws -> PieceAnswer {
    try called(.onPiece, "\(block) with \(bytes.readableBytes) bytes")
    return try script.piece(peer, block, bytes)
  }

  func onExtended(_ name: String, _ payload: ByteBuffer) throws -> Handling {
    try called(.onExtended, "\(name) with \(payload.readableBytes) bytes")
    return try script.extended(peer, name, payload)
  }

  func onUnknownMessage(_ id: UInt8, _ payload: ByteBuffer) throws -> Handling {
    try called(.onUnknownMessage, "\(id) with \(payload.readableBytes) bytes")
    return try script.unknownMessage(peer, id, payload)
  }

  func writeRequest(_ block: Block) throws -> WriteRequestAnswer {
    try called(.writeRequest, "\(block)")
    return try script.writeRequest(peer, block)
  }

  func onPiecePass(_ piece: Int) throws { try called(.onPiecePass, "peer \(piece)") }
  func onPieceFailed(_ piece: Int) throws { try called(.onPieceFailed, "peer \(piece)") }
  func tick(_ now: ContinuousClock.Instant) throws { try called(.tick, "peer") }
  func canDisconnect(_ cause: DisconnectCause) throws -> Handling { try handle(.canDisconnect, cause.rawValue) }

  func getUnchokePriority() throws -> Int? {
    try called(.getUnchokePriority)
    return script.unchokePriority
  }

  func onDisconnect(_ reason: DisconnectReason) {
    // This hook and the two below cannot throw.
    try? called(.onDisconnect, reason.text)
  }

  func sent(_ message: SentMessage) {
    let (hook, detail) = message.recorded
    try? called(hook, detail)
  }

  func sentPayload(_ bytes: Int) { try? called(.sentPayload, "\(bytes)") }

  private func called(_ hook: Hook, _ detail: String = "") throws {
    log.record(hook, detail, peer.facts.address)
    try script.acts[hook]?(peer)
  }

  private func handle(_ hook: Hook, _ detail: String = "") throws -> Handling {
    try called(hook, detail)
    return script.handlings[hook] ?? .pass
  }

  private func participate(_ hook: Hook, _ detail: String = "") throws -> Participation {
    try called(hook, detail)
    return script.participations[hook] ?? .stay
  }
}

extension SentMessage {
  fileprivate var recorded: (hook: Hook, detail: String) {
    switch self {
    case .choke: (.sentChoke, "")
    case .unchoke: (.sentUnchoke, "")
    case .interested: (.sentInterested, "")
    case .notInterested: (.sentNotInterested, "")
    case .have(let piece): (.sentHave, "\(piece)")
    case .bitfield: (.sentBitfield, "")
    case .haveAll: (.sentHaveAll, "")
    case .haveNone: (.sentHaveNone, "")
    case .reject(let block): (.sentReject, "\(block)")
    case .allowedFast(let piece): (.sentAllowedFast, "\(piece)")
    case .suggest(let piece): (.sentSuggest, "\(piece)")
    case .request(let block): (.sentRequest, "\(block)")
    case .cancel(let block): (.sentCancel, "\(block)")
    case .piece(let block): (.sentPiece, "\(block)")
    case .extended(let name): (.sentExtended, name)
    }
  }
}
