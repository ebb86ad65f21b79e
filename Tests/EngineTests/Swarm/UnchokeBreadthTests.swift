import Testing

@testable import Engine

struct UnchokeBreadthTests {
  @Test
  func withoutALimitOrALackNothingBounds() {
    #expect(UnchokeBreadth(rate: nil).slots(lacking: [1 << 20]) == nil)
    #expect(UnchokeBreadth(rate: 1 << 20).slots(lacking: []) == nil)
  }

  @Test
  func aSlotBringsAPieceInFiveSeconds() {
    #expect(UnchokeBreadth(rate: 10 << 20).slots(lacking: [1 << 20]) == 50)
    #expect(UnchokeBreadth(rate: 10 << 20).slots(lacking: [1 << 20, 4 << 20, 1 << 18]) == 12)
  }

  @Test
  func aNarrowLinkAndLongPiecesStillLeaveFour() {
    #expect(UnchokeBreadth(rate: 16 << 10).slots(lacking: [16 << 20]) == 4)
    #expect(UnchokeBreadth(rate: .max).slots(lacking: [16 << 10]) == 1_000_000)
  }
}
