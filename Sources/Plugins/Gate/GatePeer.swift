import Metainfo
import NIOCore
internal import PluginKit

/// One connection under rules that put requests off, and under rules for what we ask.
final class GatePeer: PeerPlugin {
  private let measures: GateMeasures?
  private let asking: GateAsking?
  private let allowance: GateAllowance?

  init(measures: GateMeasures?, asking: GateAsking?, allowance: GateAllowance?) {
    (self.measures, self.asking, self.allowance) = (measures, asking, allowance)
  }

  var blockHooks: BlockHooks {
    var hooks: BlockHooks = []
    if measures != nil || allowance != nil { hooks.insert(.onRequest) }
    if allowance != nil { hooks.insert(.sentPiece) }
    if asking != nil { hooks.formUnion([.writeRequest, .sentRequest, .onPiece]) }
    return hooks
  }

  func onRequest(_ block: Block) throws -> RequestAnswer {
    let answer = measures?.answer(block) ?? .pass
    guard case .pass = answer, let allowance else { return answer }
    return allowance.answer(block)
  }

  func writeRequest(_ block: Block) throws -> WriteRequestAnswer { asking?.answer(block) ?? .pass }

  func tick(_ now: ContinuousClock.Instant) throws {
    measures?.refresh()
    asking?.refresh()
    allowance?.tick()
  }

  func onPiece(_ block: Block, _ bytes: ByteBuffer) throws -> PieceAnswer {
    asking?.came(block)
    return .pass
  }

  func onReject(_ block: Block) throws -> Handling {
    asking?.came(block)
    return .pass
  }

  func onChoke() throws -> Handling {
    asking?.choked(true)
    return .pass
  }

  func onUnchoke() throws -> Handling {
    asking?.choked(false)
    return .pass
  }

  func sentPayload(_ bytes: Int) { allowance?.settle() }

  func sent(_ message: SentMessage) {
    allowance?.sent(message)
    switch message {
    case .request(let block): asking?.asked(block)
    case .cancel(let block): asking?.came(block)
    default: break
    }
  }

  func onDisconnect(_ reason: DisconnectReason) {
    asking?.choked(true)
    allowance?.end()
  }
}

extension Scope {
  /// Whether a byte of the block is in.
  func touches(_ block: Block, in layout: PieceLayout) -> Bool {
    guard case .part(let part) = self else { return true }
    let piece = Int(block.piece)
    let there = part.terms.filter { $0.pieces[piece] }
    guard !there.isEmpty, let extents = layout.extents(of: block) else { return false }
    return extents.contains { extent in !layout.files[extent.file].isPadding && there.contains { $0.files[extent.file] } }
  }
}

extension PeerContext {
  /// The engine's moment at which civil time will be `until`.
  func instant(of until: WallTime, wall: WallTime) -> ContinuousClock.Instant {
    now + .nanoseconds(max(0, until.nanoseconds.subtractingReportingOverflow(wall.nanoseconds).partialValue))
  }
}
