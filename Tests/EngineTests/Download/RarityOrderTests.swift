import TestSupport
import Testing

@testable import Engine

struct RarityOrderTests {
  /// The pieces in the order's sequence, found by taking out the rarest until nothing is left.
  private func sequence(_ order: RarityOrder) -> [(PiecePriority, Int)] {
    var (order, random) = (order, SeededGenerator(seed: 1))
    var sequence: [(PiecePriority, Int)] = []
    while let piece = order.rarest(steps: .max, using: &random, where: { _ in true }).piece {
      sequence.append((order.priority(piece), order.availability(piece)))
      order.remove(piece)
    }
    return sequence
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func itAgreesWithSortingAfterAnyChanges(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...60, using: &random)
    var order = RarityOrder(priorities: [PiecePriority](repeating: .normal, count: count))
    var model: [Int: Bool] = [:]
    var counts = [Int](repeating: 0, count: count)
    for _ in 0..<2_000 {
      let piece = Int.random(in: 0..<count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0:
        order.insert(piece)
        model[piece] = true
      case 1:
        order.remove(piece)
        model[piece] = nil
      case 2, 3:
        order.raise(piece)
        counts[piece] += 1
      case 4:
        order.lower(piece)
        counts[piece] = max(0, counts[piece] - 1)
      default: order.set(PiecePriority.allCases.randomElement(using: &random) ?? .normal, for: piece)
      }
      #expect(order.count == model.count)
    }
    #expect((0..<count).allSatisfy { order.availability($0) == counts[$0] && order.contains($0) == (model[$0] ?? false) })
    let expected = model.keys.map { (order.priority($0), counts[$0]) }.sorted { ($1.0, $0.1) < ($0.0, $1.1) }
    let found = sequence(order)
    #expect(found.map(\.0) == expected.map(\.0))
    #expect(found.map(\.1) == expected.map(\.1))
  }

  @Test func whatThereIsNotChangesNothing() {
    var order = RarityOrder(priorities: [.normal])
    for piece in [-1, 1, .max] {
      order.insert(piece)
      order.raise(piece)
      order.lower(piece)
      order.remove(piece)
      order.set(.high, for: piece)
    }
    #expect(order.count == 0)
    #expect(order.availability(-1) == 0)
  }

  @Test func noMoreIsLookedAtThanAllowed() {
    var order = RarityOrder(priorities: [PiecePriority](repeating: .normal, count: 1_000))
    for piece in 0..<1_000 { order.insert(piece) }
    var (random, looks) = (SeededGenerator(seed: 3), 0)
    let (piece, left) = order.rarest(steps: 50, using: &random) { _ in
      looks += 1
      return false
    }
    #expect(piece == nil && left == 0 && looks == 50)
  }
}
