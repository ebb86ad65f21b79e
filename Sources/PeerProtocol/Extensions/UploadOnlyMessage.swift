import NIOCore

/// `upload_only` as a message (BEP 21 as libtorrent extends it): whether its sender wants nothing more from now on.
package struct UploadOnlyMessage: Hashable, Sendable {
  /// The name in the extended handshake.
  package static let name = "upload_only"

  /// Whether the sender only uploads.
  package let isUploadOnly: Bool

  package init(isUploadOnly: Bool) { self.isUploadOnly = isUploadOnly }

  /// The payload: one byte.
  package func encode(into buffer: inout ByteBuffer) { buffer.writeInteger(UInt8(isUploadOnly ? 1 : 0)) }

  /// The message in a payload.
  /// - Throws: `.wrongLength` where there is not exactly one byte.
  package static func decode(_ payload: ByteBuffer) throws(ProtocolViolation) -> UploadOnlyMessage {
    guard payload.readableBytes == 1, let byte = payload.peekInteger(as: UInt8.self) else {
      throw ProtocolViolation(.wrongLength, "\(payload.readableBytes) bytes, there must be 1", at: .init(message: name))
    }
    return UploadOnlyMessage(isUploadOnly: byte != 0)
  }
}
