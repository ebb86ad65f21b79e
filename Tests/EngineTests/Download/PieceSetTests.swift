import Metainfo
import TestSupport
import Testing

@testable import Engine

struct PieceSetTests {
  @Test(arguments: [0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 1_000])
  func itHoldsWhatABitfieldHolds(count: Int) {
    var random = SeededGenerator(seed: UInt64(count))
    var bitfield = Bitfield(count: count)
    for piece in 0..<count where Bool.random(using: &random) { bitfield[piece] = true }
    let set = PieceSet(bitfield)
    #expect(set.bitfield == bitfield)
    #expect(set.population == bitfield.population)
    #expect(Array(set) == Array(bitfield.pieces))
    #expect(PieceSet(count: count, filled: true) == PieceSet(Bitfield(count: count, filled: true)))
    #expect(set.population(with: PieceSet(count: count, filled: true)) == set.population)
  }

  @Test func whatIsBeyondIsNotInIt() {
    var set = PieceSet(count: 70, filled: true)
    for piece in [-1, 70, .max, .min] {
      set[piece] = true
      #expect(!set[piece])
    }
    #expect(set.population == 70)
  }
}
