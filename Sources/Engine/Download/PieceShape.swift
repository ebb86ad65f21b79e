import Metainfo

/// The blocks of one piece: all of 16 KiB but the last.
struct PieceShape: Sendable, Hashable {
  let piece: Int
  /// Bytes of the piece, at least 1.
  let length: Int

  /// Nil where there is no such piece.
  init?(_ piece: Int, of layout: PieceLayout) {
    guard let length = layout.length(ofPiece: piece), length > 0 else { return nil }
    (self.piece, self.length) = (piece, length)
  }

  var blockCount: Int { (length - 1) / Block.standardLength + 1 }

  /// The block at this index, which must be one of the piece's.
  func block(_ index: Int) -> Block {
    let offset = index * Block.standardLength
    return Block(
      piece: UInt32(truncatingIfNeeded: piece), offset: UInt32(truncatingIfNeeded: offset),
      length: UInt32(truncatingIfNeeded: min(Block.standardLength, length - offset)))
  }

  /// The index of a block that we could have asked for; nil for any other.
  func index(of block: Block) -> Int? {
    let index = Int(block.offset) / Block.standardLength
    return index < blockCount && self.block(index) == block ? index : nil
  }

  /// Which blocks are padding from end to end (BEP 47): their bytes are known. None where the whole piece is padding, so that a piece is always
  /// had from somebody.
  func padding(in layout: PieceLayout) -> [Int] {
    let whole = Block(piece: UInt32(truncatingIfNeeded: piece), offset: 0, length: UInt32(truncatingIfNeeded: length))
    guard let extents = layout.extents(of: whole), extents.contains(where: { layout.files[$0.file].isPadding }) else { return [] }
    var hasContent = [Bool](repeating: false, count: blockCount)
    var offset = 0
    for extent in extents {
      if !layout.files[extent.file].isPadding {
        for index in offset / Block.standardLength...(offset + extent.length - 1) / Block.standardLength { hasContent[index] = true }
      }
      offset += extent.length
    }
    let padding = hasContent.indices.filter { !hasContent[$0] }
    return padding.count < blockCount ? padding : []
  }
}
