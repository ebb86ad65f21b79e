import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// The probe's part for one connection.
final class ProbePeer: PeerPlugin {
  let plugin: any PeerPlugin
  private let peer: PeerContext
  private let log: ProbeLog
  private let declared: Set<Hook>
  /// The hook that runs.
  private var running: Hook?
  private var isOver = false
  /// Times of the hooks that run for each block, where somebody wants them.
  var blocks: [Hook: [Duration]]?

  init(_ plugin: any PeerPlugin, peer: PeerContext, log: ProbeLog, declared: Set<Hook>) {
    (self.plugin, self.peer, self.log, self.declared) = (plugin, peer, log, declared)
  }

  var blockHooks: BlockHooks { plugin.blockHooks }

  func addHandshake(_ additions: inout HandshakeAdditions) throws {
    let before = additions.keys
    try call(.addHandshake) { try plugin.addHandshake(&additions) }
    if additions.keys != before { log.declares(.addHandshake, declared) }
  }

  func onConnected() throws { try call(.onConnected) { try plugin.onConnected() } }

  func onHandshake(_ handshake: PeerHandshake) throws -> Participation {
    participated(.onHandshake, try call(.onHandshake) { try plugin.onHandshake(handshake) })
  }

  func onExtensionHandshake(_ handshake: ExtendedHandshake) throws -> Participation {
    participated(.onExtensionHandshake, try call(.onExtensionHandshake) { try plugin.onExtensionHandshake(handshake) })
  }

  func onChoke() throws -> Handling { try handle(.onChoke) { try plugin.onChoke() } }
  func onUnchoke() throws -> Handling { try handle(.onUnchoke) { try plugin.onUnchoke() } }
  func onInterested() throws -> Handling { try handle(.onInterested) { try plugin.onInterested() } }
  func onNotInterested() throws -> Handling { try handle(.onNotInterested) { try plugin.onNotInterested() } }
  func onHave(_ piece: Int) throws -> Handling { try handle(.onHave) { try plugin.onHave(piece) } }
  func onDontHave(_ piece: Int) throws -> Handling { try handle(.onDontHave) { try plugin.onDontHave(piece) } }
  func onBitfield(_ pieces: Bitfield) throws -> Handling { try handle(.onBitfield) { try plugin.onBitfield(pieces) } }
  func onHaveAll() throws -> Handling { try handle(.onHaveAll) { try plugin.onHaveAll() } }
  func onHaveNone() throws -> Handling { try handle(.onHaveNone) { try plugin.onHaveNone() } }
  func onAllowedFast(_ piece: Int) throws -> Handling { try handle(.onAllowedFast) { try plugin.onAllowedFast(piece) } }
  func onSuggest(_ piece: Int) throws -> Handling { try handle(.onSuggest) { try plugin.onSuggest(piece) } }
  func onReject(_ block: Block) throws -> Handling { try handle(.onReject) { try plugin.onReject(block) } }
  func onCancel(_ block: Block) throws -> Handling { try handle(.onCancel) { try plugin.onCancel(block) } }

  func onExtended(_ name: String, _ payload: ByteBuffer) throws -> Handling {
    try handle(.onExtended) { try plugin.onExtended(name, payload) }
  }

  func onUnknownMessage(_ id: UInt8, _ payload: ByteBuffer) throws -> Handling {
    try handle(.onUnknownMessage) { try plugin.onUnknownMessage(id, payload) }
  }

  func canDisconnect(_ cause: DisconnectCause) throws -> Handling { try handle(.canDisconnect) { try plugin.canDisconnect(cause) } }

  func onRequest(_ block: Block) throws -> RequestAnswer {
    let answer = try call(.onRequest) { try plugin.onRequest(block) }
    if answer != .pass { log.declares(.onRequest, declared) }
    if case .postpone(let until) = answer { mustLieAhead(.onRequest, until) }
    return answer
  }

  func onPiece(_ block: Block, _ bytes: ByteBuffer) throws -> PieceAnswer {
    let answer = try call(.onPiece) { try plugin.onPiece(block, bytes) }
    if answer != .pass { log.declares(.onPiece, declared) }
    if case .discard(let reason) = answer { mustSayWhy(.onPiece, reason) }
    return answer
  }

  func writeRequest(_ block: Block) throws -> WriteRequestAnswer {
    let answer = try call(.writeRequest) { try plugin.writeRequest(block) }
    guard case .withhold(let reason, let until) = answer else { return answer }
    log.declares(.writeRequest, declared)
    mustSayWhy(.writeRequest, reason)
    if let until { mustLieAhead(.writeRequest, until) }
    return answer
  }

  func onPiecePass(_ piece: Int) throws { try call(.onPiecePass) { try plugin.onPiecePass(piece) } }
  func onPieceFailed(_ piece: Int) throws { try call(.onPieceFailed) { try plugin.onPieceFailed(piece) } }
  func tick(_ now: ContinuousClock.Instant) throws { try call(.tick) { try plugin.tick(now) } }

  func getUnchokePriority() throws -> Int? {
    let priority = try call(.getUnchokePriority) { try plugin.getUnchokePriority() }
    if priority != nil { log.declares(.getUnchokePriority, declared) }
    return priority
  }

  func onDisconnect(_ reason: DisconnectReason) {
    call(.onDisconnect) { plugin.onDisconnect(reason) }
    isOver = true
  }

  func sent(_ message: SentMessage) { call(message.hook) { plugin.sent(message) } }
  func sentPayload(_ bytes: Int) { call(.sentPayload) { plugin.sentPayload(bytes) } }

  private func call<Answer, Failure: Error>(_ hook: Hook, _ body: () throws(Failure) -> Answer) throws(Failure) -> Answer {
    if let running { log.found(.order, hook, "one hook at a time", "it comes while \(running.rawValue) runs") }
    if isOver { log.found(.order, hook, "nothing after on_disconnect", "it comes all the same") }
    let (outer, acts, began) = (running, peer.acts.count, ContinuousClock.now)
    running = hook
    defer {
      running = outer
      blocks?[hook]?.append(.now - began)
      if peer.acts.count > acts { log.declares(hook, declared) }
    }
    return try log.observe(hook, body)
  }

  private func handle(_ hook: Hook, _ body: () throws -> Handling) throws -> Handling {
    let answer = try call(hook, body)
    if answer == .handled { log.declares(hook, declared) }
    return answer
  }

  private func participated(_ hook: Hook, _ answer: Participation) -> Participation {
    if answer != .stay { log.declares(hook, declared) }
    if case .refuse(let reason) = answer { mustSayWhy(hook, reason) }
    return answer
  }

  private func mustSayWhy(_ hook: Hook, _ reason: String) {
    if let flaw = CleanText.flaw(of: reason) { log.found(.reason, hook, "a reason that people can read", flaw) }
  }

  private func mustLieAhead(_ hook: Hook, _ until: ContinuousClock.Instant) {
    guard until <= peer.now else { return }
    log.found(.answer, hook, "a moment that lies ahead", "it names one that was \(peer.now - until) ago")
  }
}
