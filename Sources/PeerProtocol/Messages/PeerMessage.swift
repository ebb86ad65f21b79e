import Metainfo
import NIOCore

/// A block's place and its bytes: the payload of `piece`.
public struct PieceData: Hashable, Sendable {
  /// Where the bytes belong; its length is that of `bytes`.
  public let block: Block
  /// The data. A slice of the buffer that it was decoded from: copy it to keep it for long.
  public let bytes: ByteBuffer

  /// The data that begins `offset` bytes into a piece.
  public init(piece: UInt32, offset: UInt32, bytes: ByteBuffer) {
    block = Block(piece: piece, offset: offset, length: UInt32(truncatingIfNeeded: bytes.readableBytes))
    self.bytes = bytes
  }
}

/// A message of the peer wire (BEP 3, 5, 6, 10, 52), as it is on the wire: its length has been checked, its numbers have not.
///
/// Payloads are slices of the buffer that they were decoded from.
public enum PeerMessage: Hashable, Sendable {
  case keepAlive
  case choke
  case unchoke
  case interested
  case notInterested
  /// The sender has got this piece.
  case have(UInt32)
  /// The pieces that the sender has, one bit each.
  case bitfield(ByteBuffer)
  case request(Block)
  case piece(PieceData)
  case cancel(Block)
  /// The sender's DHT port (BEP 5).
  case port(UInt16)
  case suggest(UInt32)
  case haveAll
  case haveNone
  case reject(Block)
  case allowedFast(UInt32)
  /// BEP 10: the receiver's number for the message (0 for the extended handshake), and the payload.
  case extended(id: UInt8, ByteBuffer)
  // Hash messages are rare and large: boxed, so that all others stay small.
  indirect case hashRequest(HashRequest)
  /// What was asked, and the hashes, 32 bytes each.
  indirect case hashes(HashRequest, ByteBuffer)
  indirect case hashReject(HashRequest)
  /// A message with a number that no BEP above gives a meaning.
  case unknown(id: UInt8, ByteBuffer)
}
