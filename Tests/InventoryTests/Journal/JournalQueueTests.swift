import Testing

@testable import Inventory

struct JournalQueueTests {
  private func queue(_ capacity: Int, bytes: Int = 1 << 20) -> JournalQueue {
    JournalQueue(capacity: capacity, byteCapacity: bytes, window: .seconds(60))
  }

  @Test func `Equal refusals take one place within the window`() {
    var queue = queue(10)
    for second in [0, 1, 59, 60, 61] { _ = queue.push(Made.refusal(second)) }
    #expect(queue.entries.map(\.count) == [3, 2])
    #expect(queue.entries.map(\.lastAt) == [.noon(plus: 59), .noon(plus: 61)])
  }

  @Test func `What is beyond the bound is counted, equal refusals still find their place`() {
    var queue = queue(2)
    #expect(queue.push(Made.refusal(0, address: "a")) == .halfFull)
    #expect(queue.push(Made.refusal(0, address: "b")) == .queued)
    #expect(queue.push(Made.refusal(5, address: "c")) == .dropped)
    #expect(queue.push(Made.refusal(3, address: "d")) == .dropped)
    #expect(queue.push(Made.refusal(6, address: "a")) == .merged)
    #expect(queue.dropped == JournalQueue.Dropped(count: 2, firstAt: .noon(plus: 3), lastAt: .noon(plus: 5)))
    #expect(queue.entries.map(\.count) == [2, 1])
  }

  @Test func `Long entries fill it sooner`() {
    var queue = queue(1000, bytes: 10_000)
    let outcomes = (0..<4).map { queue.push(Made.refusal(0, address: "\($0)", facts: String(repeating: "f", count: 4000))) }
    #expect(outcomes == [.queued, .halfFull, .dropped, .dropped])
  }

  @Test func `Taking empties it, and half full is said again`() {
    var queue = queue(2)
    #expect(queue.push(Made.refusal(0)) == .halfFull)
    #expect(queue.take().entries.count == 1)
    #expect(queue.take().entries.isEmpty)
    #expect(queue.push(Made.refusal(1)) == .halfFull)
    #expect(queue.entries.map(\.count) == [1])
  }
}
