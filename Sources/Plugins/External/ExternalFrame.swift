import NIOCore

/// Frames of the conversation with a program: four bytes with the length, the most significant first, then as many bytes.
struct ExternalFrameDecoder: Sendable {
  /// The longest frame that is taken.
  let longest: Int

  /// The next frame, if all of it is there. Throws as soon as a length is more than is taken, or nothing.
  func next(_ buffer: inout ByteBuffer) throws(ExternalFrameProblem) -> [UInt8]? {
    guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return nil }
    guard length > 0 else { throw .empty }
    guard length <= longest else { throw .tooLong(length) }
    guard buffer.readableBytes >= 4 + Int(length) else { return nil }
    buffer.moveReaderIndex(forwardBy: 4)
    return buffer.readBytes(length: Int(length))
  }
}

/// What is no frame.
enum ExternalFrameProblem: Error, Hashable, CustomStringConvertible {
  case empty
  case tooLong(UInt32)

  var description: String {
    switch self {
    case .empty: "a frame of no bytes"
    case .tooLong(let length): "a frame of \(length) bytes, which is more than may be"
    }
  }
}

enum ExternalFrame {
  /// The bytes with their length before them.
  static func framed(_ bytes: some Collection<UInt8>) -> [UInt8] {
    withUnsafeBytes(of: UInt32(clamping: bytes.count).bigEndian) { Array($0) } + bytes
  }
}
