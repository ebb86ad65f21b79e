import Metainfo
import TestSupport
import Testing

@testable import Engine

struct PieceAvailabilityTests {
  @Test
  func whatNobodyHasIsLackingAndOnlyOfOurs() {
    var ours = Bitfield(count: 10, filled: true)
    ours[9] = false
    var availability = PieceAvailability(ours: ours)
    #expect(availability.lacking == 9)
    availability.add(9)
    #expect(availability.lacking == 9 && availability[9] == 1)
    availability.add(0)
    availability.add(0)
    #expect(availability.lacking == 8 && availability[0] == 2)
    availability.remove(0)
    #expect(availability.lacking == 8)
    availability.remove(0)
    availability.remove(0)
    #expect(availability.lacking == 9 && availability[0] == 0)
  }

  @Test
  func piecesThatThereAreNotAreNoTrouble() {
    var availability = PieceAvailability(ours: Bitfield(count: 3, filled: true))
    availability.add(3)
    availability.add(-1)
    availability.remove(99)
    #expect(availability.lacking == 3 && availability[3] == 0 && availability[-1] == 0)
  }

  @Test
  func anyComingAndGoingIsCountedAsIfCountedAnew() {
    var random = SeededGenerator(seed: 11)
    var availability = PieceAvailability(ours: Bitfield(count: 50, filled: true))
    var peers: [Bitfield] = []
    for _ in 0..<2_000 {
      if peers.count < 5, Bool.random(using: &random) {
        var pieces = Bitfield(count: 50)
        for piece in 0..<50 { pieces[piece] = Int.random(in: 0..<4, using: &random) == 0 }
        availability.add(pieces)
        peers.append(pieces)
      } else if !peers.isEmpty {
        availability.remove(peers.remove(at: Int.random(in: 0..<peers.count, using: &random)))
      }
      #expect((0..<50).allSatisfy { piece in availability[piece] == peers.count { $0[piece] } })
      #expect(availability.lacking == (0..<50).count { piece in peers.allSatisfy { !$0[piece] } })
    }
  }
}
