import Metainfo
import NIOCore

/// Blocks of one piece that lie one after the other, as one connection has given them within one event: what is written by one call.
struct BlockRun: Sendable {
  let piece: UInt32
  let offset: UInt32
  /// The length of each block.
  private(set) var lengths: [UInt32] = []
  /// The blocks' bytes; nil where a plugin has taken them for itself.
  private(set) var bytes: ByteBuffer?

  /// A run that begins with this block.
  init(_ block: Block, bytes: ByteBuffer?) {
    (piece, offset, length, self.bytes) = (block.piece, block.offset, block.length, bytes)
    lengths.append(block.length)
  }

  /// The blocks of one piece that follow each other, with their bytes; nil where there are none, or not as many bytes.
  init?(_ blocks: [Block], bytes: ByteBuffer) {
    guard let first = blocks.first, bytes.readableBytes == blocks.reduce(0, { $0 + Int($1.length) }) else { return nil }
    (piece, offset, length, self.bytes) = (first.piece, first.offset, UInt32(bytes.readableBytes), bytes)
    lengths = blocks.map(\.length)
  }

  /// Bytes of a run that is not to grow any more.
  static let most = 256 << 10

  private var length: UInt32

  /// Takes a block in that follows the last one; false where it does not, or there is no room.
  mutating func append(_ block: Block, _ data: ByteBuffer) -> Bool {
    guard bytes != nil, block.piece == piece, block.offset == offset + length, Int(length + block.length) <= Self.most else { return false }
    bytes?.writeImmutableBuffer(data)
    lengths.append(block.length)
    length += block.length
    return true
  }

  var blocks: [Block] {
    var offset = offset
    return lengths.map { length in
      defer { offset += length }
      return Block(piece: piece, offset: offset, length: length)
    }
  }

  /// The same in memory of its own size, where it fills little of what it has; and the memory that is free by that.
  mutating func shrink() -> ByteBuffer? {
    guard let large = bytes, large.readableBytes * 2 < large.storageCapacity else { return nil }
    bytes = ByteBuffer(buffer: large)
    return large
  }
}
