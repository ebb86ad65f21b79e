import NIOCore

/// `lt_donthave` (BEP 54): the sender has lost a piece that it had announced.
package struct DontHaveMessage: Hashable, Sendable {
  /// The name in the extended handshake.
  package static let name = "lt_donthave"

  /// The piece's index.
  package let piece: UInt32

  package init(piece: UInt32) { self.piece = piece }

  /// The payload: four bytes.
  package func encode(into buffer: inout ByteBuffer) { buffer.writeInteger(piece) }

  /// The message in a payload.
  /// - Throws: `.wrongLength` where there are not exactly four bytes.
  package static func decode(_ payload: ByteBuffer) throws(ProtocolViolation) -> DontHaveMessage {
    guard payload.readableBytes == 4, let piece = payload.peekInteger(as: UInt32.self) else {
      throw ProtocolViolation(.wrongLength, "\(payload.readableBytes) bytes, there must be 4", at: .init(message: name))
    }
    return DontHaveMessage(piece: piece)
  }
}
