import Metainfo
import Testing

@testable import Engine

struct UploadQueueTests {
  private func block(_ number: UInt32, length: UInt32 = 16_384) -> Block { Block(piece: number, offset: 0, length: length) }

  @Test
  func itTakesAsManyAsItHoldsAndTheSameTwice() {
    var queue = UploadQueue(capacity: 4)
    #expect(queue.isEmpty)
    #expect([1, 1, 2, 3, 4].map { queue.push(block($0)) } == [.queued, .queued, .queued, .queued, .full])
    #expect(queue.count == 4 && queue.isNearlyFull)
    #expect(queue.cancel(block(1)) && queue.cancel(block(1)) && !queue.cancel(block(1)))
    #expect(queue.count == 2 && !queue.isNearlyFull)
  }

  @Test
  func aCapacityOfNothingIsOne() {
    #expect(UploadQueue(capacity: -3).capacity == 1)
  }

  @Test
  func batchesKeepTheOrderAndTheirBounds() {
    var queue = UploadQueue(capacity: 10)
    for number in 0..<6 { _ = queue.push(block(UInt32(number))) }
    var batch: [Block] = []
    queue.pop(count: 2, bytes: .max, into: &batch)
    #expect(batch == [block(0), block(1)])
    batch = []
    queue.pop(count: 10, bytes: 40_000, into: &batch)
    #expect(batch == [block(2), block(3)])
    // One block goes out whatever its length.
    batch = []
    queue.pop(count: 10, bytes: 1, into: &batch)
    #expect(batch == [block(4)])
    queue.restore(batch)
    batch = []
    queue.pop(count: 10, bytes: .max, into: &batch)
    #expect(batch == [block(4), block(5)])
    queue.restore(batch)
    #expect(queue.removeAll() == [block(4), block(5)])
    #expect(queue.isEmpty)
  }

  @Test
  func whatMayNotBeServedAnyMoreIsTakenOut() {
    var queue = UploadQueue(capacity: 10)
    for number in 0..<4 { _ = queue.push(block(UInt32(number))) }
    #expect(queue.removeAll { $0.piece % 2 == 1 } == [block(1), block(3)])
    #expect(queue.removeAll { _ in false } == [])
    #expect(queue.removeAll() == [block(0), block(2)])
  }
}
