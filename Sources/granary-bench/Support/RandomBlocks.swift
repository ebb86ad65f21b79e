import Metainfo

/// Blocks of 16 KiB at random places of a layout; the same ones in every run.
enum RandomBlocks {
  static func make(_ count: Int, in layout: PieceLayout, where isWanted: (Block) -> Bool = { _ in true }) -> [Block] {
    var generator = Xorshift()
    let places = layout.pieceLength / Block.standardLength
    guard layout.pieceCount > 0, places > 0 else { return [] }
    var blocks: [Block] = []
    // A wish that nothing fulfils must not keep us.
    for _ in 0..<count * 1000 where blocks.count < count {
      let block = Block(
        piece: UInt32(Int.random(in: 0..<layout.pieceCount, using: &generator)),
        offset: UInt32(Int.random(in: 0..<places, using: &generator) * Block.standardLength), length: UInt32(Block.standardLength))
      if layout.contains(block), isWanted(block) { blocks.append(block) }
    }
    return blocks
  }
}

/// A generator with a fixed seed.
private struct Xorshift: RandomNumberGenerator {
  private var state: UInt64 = 0x2545_F491_4F6C_DD1D

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}
