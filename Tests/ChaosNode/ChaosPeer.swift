import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// The part for one connection: every hook may misbehave.
final class ChaosPeer: PeerPlugin {
  private let peer: PeerContext
  private let plan: Plan

  init(peer: PeerContext, plan: Plan) {
    (self.peer, self.plan) = (peer, plan)
  }

  private func act(_ hook: Hook) throws -> Bool { try plan.act(hook, peer.facts.address) }

  /// Acts that make no sense here; the host must drop each.
  private func handling(_ hook: Hook) throws -> Handling {
    guard try act(hook) else { return .pass }
    peer.suggest(Int.max)
    peer.allowFast(-1)
    peer.send(extended: "never announced", ByteBuffer(repeating: 0, count: 1 << 16))
    peer.send(piece: Block(piece: .max, offset: .max, length: .max), ByteBuffer(repeating: 0, count: 7))
    peer.reject(Block(piece: .max, offset: 0, length: 0))
    return .handled
  }

  func addHandshake(_ additions: inout HandshakeAdditions) throws {
    guard try act(.addHandshake) else { return }
    additions.add("m", .integer(0))
    additions.add("metadata_size", .integer(.min))
  }
  func onHandshake(_ handshake: PeerHandshake) throws -> Participation {
    _ = try act(.onHandshake)
    return .stay
  }
  func onExtensionHandshake(_ handshake: ExtendedHandshake) throws -> Participation {
    _ = try act(.onExtensionHandshake)
    return .stay
  }
  func onRequest(_ block: Block) throws -> RequestAnswer {
    guard try act(.onRequest) else { return .pass }
    peer.send(piece: block, ByteBuffer(repeating: 0, count: Int(block.length) + 1))
    return .handled
  }
  func onCancel(_ block: Block) throws -> Handling { try handling(.onCancel) }
  func onChoke() throws -> Handling { try handling(.onChoke) }
  func onUnchoke() throws -> Handling { try handling(.onUnchoke) }
  func onInterested() throws -> Handling { try act(.onInterested) ? .pass : .pass }
  func onNotInterested() throws -> Handling { try handling(.onNotInterested) }
  func onHave(_ piece: Int) throws -> Handling { try handling(.onHave) }
  func onBitfield(_ pieces: Bitfield) throws -> Handling { try handling(.onBitfield) }
  func onHaveAll() throws -> Handling { try handling(.onHaveAll) }
  func onHaveNone() throws -> Handling { try handling(.onHaveNone) }
  func onExtended(_ name: String, _ payload: ByteBuffer) throws -> Handling { try handling(.onExtended) }
  func tick(_ now: ContinuousClock.Instant) throws { _ = try handling(.tick) }
  func canDisconnect(_ cause: DisconnectCause) throws -> Handling { try handling(.canDisconnect) }
  func getUnchokePriority() throws -> Int? { try act(.getUnchokePriority) ? .min : nil }
  func onDisconnect(_ reason: DisconnectReason) { _ = try? act(.onDisconnect) }
  func sent(_ message: SentMessage) { if case .piece = message { _ = try? act(.sentPiece) } }
  func sentPayload(_ bytes: Int) { _ = try? act(.sentPayload) }
}
