import Metainfo
import NIOCore
import PeerProtocol

extension PeerPlugin {
  public var blockHooks: BlockHooks { .all }
  public func addHandshake(_ additions: inout HandshakeAdditions) throws {}
  public func onConnected() throws {}
  public func onHandshake(_ handshake: PeerHandshake) throws -> Participation { .stay }
  public func onExtensionHandshake(_ handshake: ExtendedHandshake) throws -> Participation { .stay }
  public func onChoke() throws -> Handling { .pass }
  public func onUnchoke() throws -> Handling { .pass }
  public func onInterested() throws -> Handling { .pass }
  public func onNotInterested() throws -> Handling { .pass }
  public func onHave(_ piece: Int) throws -> Handling { .pass }
  public func onDontHave(_ piece: Int) throws -> Handling { .pass }
  public func onBitfield(_ pieces: Bitfield) throws -> Handling { .pass }
  public func onHaveAll() throws -> Handling { .pass }
  public func onHaveNone() throws -> Handling { .pass }
  public func onAllowedFast(_ piece: Int) throws -> Handling { .pass }
  public func onSuggest(_ piece: Int) throws -> Handling { .pass }
  public func onReject(_ block: Block) throws -> Handling { .pass }
  public func onRequest(_ block: Block) throws -> RequestAnswer { .pass }
  public func onPiece(_ block: Block, _ bytes: ByteBuffer) throws -> PieceAnswer { .pass }
  public func onCancel(_ block: Block) throws -> Handling { .pass }
  public func onExtended(_ name: String, _ payload: ByteBuffer) throws -> Handling { .pass }
  public func onUnknownMessage(_ id: UInt8, _ payload: ByteBuffer) throws -> Handling { .pass }
  public func writeRequest(_ block: Block) throws -> WriteRequestAnswer { .pass }
  public func onPiecePass(_ piece: Int) throws {}
  public func onPieceFailed(_ piece: Int) throws {}
  public func tick(_ now: ContinuousClock.Instant) throws {}
  public func canDisconnect(_ cause: DisconnectCause) throws -> Handling { .pass }
  public func getUnchokePriority() throws -> Int? { nil }
  public func onDisconnect(_ reason: DisconnectReason) {}
  public func sent(_ message: SentMessage) {}
  public func sentPayload(_ bytes: Int) {}
}
