import Testing

@testable import Control

/// What went through, over time.
struct ThroughputRingTests {
  private let start = ContinuousClock.now
  private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

  @Test func `a sample is bytes a second, and the one that is not full is left out`() {
    var ring = ThroughputRing(up: 100, down: 0, at: start)
    ring.record(up: 300, down: 50, at: at(1.9))
    #expect(ring.document(.recent).up.isEmpty && ring.latest == nil)
    ring.record(up: 300, down: 50, at: at(3.9))
    ring.record(up: 700, down: 50, at: at(5.9))
    let document = ring.document(.recent)
    #expect(document.up == [100, 10] && document.down == [25, 0] && document.step == 2)
    #expect(ring.latest?.up == 10)
  }

  @Test func `time that nobody counted in is a gap, and what passed in it is nobody's`() {
    var ring = ThroughputRing(up: 0, down: 0, at: start)
    for second in stride(from: 2.0, through: 6, by: 2) { ring.record(up: Int64(second) * 10, down: 0, at: at(second)) }
    ring.record(up: 1_000_000, down: 0, at: at(31))
    ring.record(up: 1_000_020, down: 0, at: at(33))
    ring.record(up: 1_000_040, down: 0, at: at(35))
    let up = ring.document(.recent).up
    #expect(up == [10, 10, 10] + [Int64?](repeating: nil, count: 12) + [10, 10], "\(up)")
  }

  @Test func `it keeps ten minutes and a day, however long it runs`() {
    var ring = ThroughputRing(up: 0, down: 0, at: start)
    for sample in 1...60_000 { ring.record(up: Int64(sample) * 200, down: Int64(sample) * 2, at: at(Double(sample) * 2)) }
    let (recent, day) = (ring.document(.recent), ring.document(.day))
    #expect(recent.up.count == 300 && day.up.count == 288 && day.step == 300)
    #expect(recent.up.allSatisfy { $0 == 100 } && day.up.allSatisfy { $0 == 100 } && day.down.allSatisfy { $0 == 1 })
  }

  @Test func `who is fed a little late leaves no gaps`() {
    var ring = ThroughputRing(up: 0, down: 0, at: start)
    for sample in 1...600 { ring.record(up: Int64(sample) * 207, down: 0, at: at(Double(sample) * 2.07)) }
    #expect(ring.document(.recent).up.allSatisfy { $0 == 100 } && ring.document(.day).up == [100, 100, 100, 100])
  }

  @Test func `a sleep longer than the ring leaves nothing of before`() {
    var ring = ThroughputRing(up: 0, down: 0, at: start)
    ring.record(up: 10, down: 10, at: at(2))
    ring.record(up: 10, down: 10, at: at(10_000_000))
    ring.record(up: 30, down: 10, at: at(10_000_002))
    ring.record(up: 30, down: 10, at: at(10_000_004))
    let up = ring.document(.recent).up
    #expect(up.count == 300 && up.dropLast().allSatisfy { $0 == nil } && up.last == 10)
  }

  @Test func `a clock that stands and counters that go back harm nothing`() {
    var ring = ThroughputRing(up: 50, down: 50, at: start)
    ring.record(up: 90, down: 90, at: start)
    ring.record(up: 10, down: 60, at: at(2))
    ring.record(up: 10, down: 60, at: at(4))
    #expect(ring.document(.recent).up == [0] && ring.document(.recent).down == [5])
  }
}

/// Rates between looks.
struct RateBookTests {
  private let start = ContinuousClock.now

  @Test func `a rate is the difference over the time, from the second look on`() {
    var book = RateBook<Int>()
    #expect(book.rates([1: .init(up: 100, down: 7)], at: start).isEmpty)
    let rates = book.rates([1: .init(up: 300, down: 7), 2: .init(up: 9, down: 9)], at: start + .seconds(2))
    #expect(rates == [1: .init(up: 100, down: 0)])
  }

  @Test func `looks that follow closely are one, also where they are about others`() {
    var book = RateBook<Int>()
    _ = book.rates([1: .init(up: 0, down: 0)], at: start)
    _ = book.rates([1: .init(up: 100, down: 0)], at: start + .seconds(1))
    _ = book.rates([2: .init(up: 5, down: 0)], at: start + .seconds(1.1))
    let close = book.rates([1: .init(up: 500, down: 0)], at: start + .seconds(1.2))
    #expect(close == [1: .init(up: 100, down: 0)])
    #expect(book.rates([1: .init(up: 500, down: 0)], at: start + .seconds(3)) == [1: .init(up: 200, down: 0)])
  }

  @Test func `after long there is none at first`() {
    var book = RateBook<Int>()
    _ = book.rates([1: .init(up: 0, down: 0)], at: start)
    #expect(book.rates([1: .init(up: 9_000, down: 0)], at: start + .seconds(60)).isEmpty)
    #expect(book.rates([1: .init(up: 9_100, down: 0)], at: start + .seconds(62)) == [1: .init(up: 50, down: 0)])
  }

  @Test func `a number that is somebody else's now goes no lower than nothing`() {
    var book = RateBook<Int>()
    _ = book.rates([1: .init(up: 100, down: .max)], at: start)
    #expect(book.rates([1: .init(up: 5, down: .min)], at: start + .seconds(1)) == [1: .init(up: 0, down: 0)])
  }
}
