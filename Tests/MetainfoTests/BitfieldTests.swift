import Metainfo
import Testing

struct BitfieldTests {
  @Test(arguments: [0, 1, 7, 8, 9, 15, 16, 17, 100]) func aSetIsFullWhereNoPieceIsMissing(count: Int) {
    var pieces = Bitfield(count: count, filled: true)
    #expect(pieces.isFull && pieces.population == count)
    for piece in 0..<count {
      pieces[piece] = false
      #expect(!pieces.isFull, "without \(piece)")
      pieces[piece] = true
    }
    #expect(pieces.isFull)
  }

  @Test(arguments: [1, 8, 9]) func anEmptySetOfSomePiecesIsNotFull(count: Int) {
    #expect(!Bitfield(count: count).isFull)
  }
}
