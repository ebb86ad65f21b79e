import Metainfo
import NIOCore

/// Writes messages as they go on the wire.
package struct PeerMessageEncoder: Sendable {
  /// The bytes of a `piece` message before its data: length prefix, id, piece, offset.
  package static let pieceHeaderLength = 13

  /// Appends a message with its length prefix.
  package static func encode(_ message: PeerMessage, into buffer: inout ByteBuffer) {
    switch message {
    case .keepAlive: buffer.writeInteger(UInt32(0))
    case .choke: write(.choke, into: &buffer)
    case .unchoke: write(.unchoke, into: &buffer)
    case .interested: write(.interested, into: &buffer)
    case .notInterested: write(.notInterested, into: &buffer)
    case .haveAll: write(.haveAll, into: &buffer)
    case .haveNone: write(.haveNone, into: &buffer)
    case .have(let piece): write(.have, piece, into: &buffer)
    case .suggest(let piece): write(.suggest, piece, into: &buffer)
    case .allowedFast(let piece): write(.allowedFast, piece, into: &buffer)
    case .request(let block): write(.request, block, into: &buffer)
    case .cancel(let block): write(.cancel, block, into: &buffer)
    case .reject(let block): write(.reject, block, into: &buffer)
    case .port(let port): buffer.writeMultipleIntegers(UInt32(3), MessageID.port.rawValue, port)
    case .bitfield(let bits): write(MessageID.bitfield.rawValue, bits, into: &buffer)
    case .unknown(let id, let payload): write(id, payload, into: &buffer)
    case .piece(let data):
      writeHeader(.piece, 8 + data.bytes.readableBytes, into: &buffer)
      buffer.writeMultipleIntegers(data.block.piece, data.block.offset)
      buffer.writeImmutableBuffer(data.bytes)
    case .extended(let id, let payload):
      writeHeader(.extended, 1 + payload.readableBytes, into: &buffer)
      buffer.writeInteger(id)
      buffer.writeImmutableBuffer(payload)
    case .hashRequest(let request): write(.hashRequest, request, into: &buffer)
    case .hashReject(let request): write(.hashReject, request, into: &buffer)
    case .hashes(let request, let hashes):
      write(.hashes, request, dataLength: hashes.readableBytes, into: &buffer)
      buffer.writeImmutableBuffer(hashes)
    }
  }

  /// Writes the 13 bytes that come before a block's data, so that header and data can leave in one buffer.
  /// `destination` must have room for `pieceHeaderLength` bytes.
  package static func writePieceHeader(_ block: Block, into destination: UnsafeMutableRawBufferPointer) {
    precondition(destination.count >= pieceHeaderLength, "the caller must leave \(pieceHeaderLength) bytes for a piece's header")
    destination.storeBytes(of: (9 &+ block.length).bigEndian, toByteOffset: 0, as: UInt32.self)
    destination.storeBytes(of: MessageID.piece.rawValue, toByteOffset: 4, as: UInt8.self)
    destination.storeBytes(of: block.piece.bigEndian, toByteOffset: 5, as: UInt32.self)
    destination.storeBytes(of: block.offset.bigEndian, toByteOffset: 9, as: UInt32.self)
  }

  private static func write(_ id: MessageID, into buffer: inout ByteBuffer) {
    buffer.writeMultipleIntegers(UInt32(1), id.rawValue)
  }

  private static func write(_ id: MessageID, _ piece: UInt32, into buffer: inout ByteBuffer) {
    buffer.writeMultipleIntegers(UInt32(5), id.rawValue, piece)
  }

  private static func write(_ id: MessageID, _ block: Block, into buffer: inout ByteBuffer) {
    buffer.writeMultipleIntegers(UInt32(13), id.rawValue, block.piece, block.offset, block.length)
  }

  private static func write(_ id: MessageID, _ request: HashRequest, dataLength: Int = 0, into buffer: inout ByteBuffer) {
    writeHeader(id, HashRequest.byteCount + dataLength, into: &buffer)
    request.encode(into: &buffer)
  }

  private static func write(_ id: UInt8, _ payload: ByteBuffer, into buffer: inout ByteBuffer) {
    buffer.writeMultipleIntegers(UInt32(truncatingIfNeeded: 1 + payload.readableBytes), id)
    buffer.writeImmutableBuffer(payload)
  }

  private static func writeHeader(_ id: MessageID, _ payloadLength: Int, into buffer: inout ByteBuffer) {
    buffer.writeMultipleIntegers(UInt32(truncatingIfNeeded: 1 + payloadLength), id.rawValue)
  }
}
