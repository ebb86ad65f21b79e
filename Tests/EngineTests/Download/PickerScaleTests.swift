import Metainfo
import TestSupport
import Testing

@testable import Engine

struct PickerScaleTests {
  /// 100,000 pieces and 200 peers, of which the last has only the commonest pieces, at the far end of the order.
  @Test func aLargeSwarmIsPickedFromWithoutLookingAtAllPieces() {
    let pieces = 100_000
    var random = SeededGenerator(seed: 5)
    var picker = Picking.picker(pieces)
    for number in 1...200 as ClosedRange<PeerNumber> {
      var bits = Bitfield(count: pieces, bytes: random.bytes(pieces / 8)) ?? Bitfield(count: pieces)
      for piece in 99_000..<pieces { bits[piece] = number <= 200 }
      if number == 200 { bits = Picking.bitfield(Array(99_000..<pieces), count: pieces) }
      picker.join(number)
      _ = picker.has(bits, number)
    }
    #expect(picker.order.availability(99_500) == 200)
    var looks = 0
    let time = ThreadTime.measure {
      for round in 0..<20 {
        for number in 1...200 as ClosedRange<PeerNumber> {
          let blocks = picker.pick(4, number)
          looks += blocks.count
          for block in blocks where round < 19 { _ = picker.receive(block, from: number) }
        }
      }
    }
    #expect(looks == 20 * 200 * 4)
    #expect(picker.pick(4, 200).allSatisfy { $0.piece >= 99_000 || picker.peers[200]?.has(Int($0.piece)) == true })
    // Scanning 100,000 pieces for each of 4,000 picks takes minutes in a build without optimisation.
    #expect(time < .seconds(20))
  }
}
