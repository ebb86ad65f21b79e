/// A run of bytes within a piece, as `request`, `piece`, `cancel` and `reject` name it (BEP 3, BEP 6).
public struct Block: Hashable, Sendable {
  /// The usual length of a block, and the size of a v2 merkle leaf: 16 KiB.
  public static let standardLength = 16_384

  /// The piece's index, from 0.
  public let piece: UInt32
  /// Bytes from the piece's beginning.
  public let offset: UInt32
  /// Length in bytes.
  public let length: UInt32

  public init(piece: UInt32, offset: UInt32, length: UInt32) {
    (self.piece, self.offset, self.length) = (piece, offset, length)
  }
}

extension Block: CustomStringConvertible {
  public var description: String { "piece \(piece) offset \(offset) length \(length)" }
}
