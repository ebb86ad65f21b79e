import Metainfo

/// A torrent's pieces of full length, so that most blocks are judged in a few instructions; the layout answers for the others.
struct BlockBounds: Hashable, Sendable {
  /// Pieces below this index are of full length.
  private let fullPieces: UInt32
  private let pieceLength: UInt64

  /// No pieces where there is no layout.
  init(_ layout: PieceLayout?) {
    // Where files begin pieces, any piece may be short.
    let count = layout.map { $0.isFileAligned ? 0 : $0.pieceCount - 1 } ?? 0
    fullPieces = UInt32(clamping: count)
    pieceLength = UInt64(layout?.pieceLength ?? 0)
  }

  /// True where the block is not empty and lies within a piece of full length; false says nothing.
  /// Sums are done in 64 bits, so that no peer's numbers overflow.
  @inline(__always)
  func surelyContain(_ block: Block) -> Bool {
    block.piece < fullPieces && block.length > 0 && UInt64(block.offset) + UInt64(block.length) <= pieceLength
  }
}
