import TestSupport
import Testing

@testable import Engine

struct TokenBucketTests {
  private let start = ContinuousClock.now

  @Test
  func aBucketStartsWithItsBurstAndRefillsAtItsRate() {
    var bucket = TokenBucket(rate: 1 << 20, now: start)
    #expect(bucket.take(1 << 18, now: start) == true)
    #expect(bucket.take(1, now: start) == false)
    let later = start + .milliseconds(100)
    // 102.4 KiB are there; a taking may go below zero once, and the debt is waited for.
    #expect(bucket.take(200_000, now: later) == true)
    #expect(bucket.take(1, now: later) == false)
    #expect(bucket.take(1, now: later + .milliseconds(50)) == false)
    #expect(bucket.take(1, now: later + .milliseconds(100)) == true)
  }

  @Test
  func aLongPauseFillsNoMoreThanTheBurstAndABackwardClockNothing() {
    var bucket = TokenBucket(rate: 8 << 20, now: start)
    #expect(bucket.take(2 << 20, now: start) == true)
    #expect(bucket.take(1, now: start - .seconds(5)) == false)
    let later = start + .seconds(1_000_000_000)
    #expect(bucket.take(2 << 20, now: later) == true)
    #expect(bucket.take(1, now: later) == false)
  }

  @Test
  func theSlowestRateStillMoves() {
    var bucket = TokenBucket(rate: 0, now: start)
    #expect(bucket.rate == 1)
    #expect(bucket.take(3, now: start) == true)
    #expect(bucket.take(1, now: start + .milliseconds(1_900)) == false)
    #expect(bucket.take(1, now: start + .seconds(4)) == true)
  }

  @Test
  func overTimeTheRateIsKept() {
    var random = SeededGenerator(seed: 9)
    var (bucket, now, taken) = (TokenBucket(rate: 1_000_000, now: start), start, 0)
    for _ in 0..<20_000 {
      now += .microseconds(Int.random(in: 1...2_000, using: &random))
      let count = Int.random(in: 1...16_384, using: &random)
      if bucket.take(count, now: now) { taken += count }
    }
    let expected = Double(1_000_000) * ((now - start) / .seconds(1))
    #expect(Double(taken) <= expected + 270_000 && Double(taken) >= expected * 0.98)
  }

  @Test
  func askingOftenLosesNothing() {
    // One and a half tokens come between two askings, and each asking wants two.
    var (bucket, now, taken) = (TokenBucket(rate: 100_000, now: start), start, 0)
    while bucket.take(2, now: now) {}
    for _ in 0..<100_000 {
      now += .microseconds(15)
      if bucket.take(2, now: now) { taken += 2 }
    }
    #expect(abs(taken - 150_000) < 10)
  }
}
