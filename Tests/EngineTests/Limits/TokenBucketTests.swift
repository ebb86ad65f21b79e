import TestSupport
import Testing

@testable import Engine

struct TokenBucketTests {
  private let start = ContinuousClock.now

  @Test
  func aBucketStartsEmptyAndFillsToItsBurst() {
    var bucket = TokenBucket(rate: 1_000_000, now: start)
    #expect(bucket.take(1, now: start) == false)
    #expect(bucket.take(16_384, now: start + .milliseconds(1)) == true)
    // A taking may go below zero once, and the debt is waited for.
    #expect(bucket.take(1, now: start + .milliseconds(16)) == false)
    #expect(bucket.take(1, now: bucket.ready) == true)
    #expect(bucket.isFull(start + .milliseconds(100)) == false)
    #expect(bucket.isFull(start + .seconds(1)) == true)
    #expect(bucket.balance(start + .seconds(9)) == 150_000)
  }

  @Test
  func aBackwardClockFillsNothingAndADistantOneNoMoreThanTheBurst() {
    var bucket = TokenBucket(rate: 8 << 20, now: start)
    #expect(bucket.take(1, now: start - .seconds(5)) == false)
    #expect(bucket.balance(start + .seconds(1_000_000_000)) == Double(8 << 20) * 0.15)
  }

  @Test
  func theSlowestRateStillMoves() {
    var bucket = TokenBucket(rate: 0, now: start)
    #expect(bucket.rate == 1)
    #expect(bucket.take(1, now: start + .milliseconds(900)) == false)
    #expect(bucket.take(3, now: start + .milliseconds(1001)) == true)
    #expect(bucket.take(1, now: start + .milliseconds(3900)) == false)
    #expect(bucket.take(1, now: start + .milliseconds(4100)) == true)
  }

  @Test
  func overTimeTheRateIsKeptHoweverOftenItIsAsked() {
    var random = SeededGenerator(seed: 9)
    var (bucket, now, taken) = (TokenBucket(rate: 1_000_000, now: start), start, 0)
    for _ in 0..<50_000 {
      now += .microseconds(Int.random(in: 1...400, using: &random))
      let count = Int.random(in: 1...16_384, using: &random)
      if bucket.take(count, now: now) { taken += count }
    }
    let expected = 1_000_000 * ((now - start) / .seconds(1))
    #expect(abs(Double(taken) - expected) <= 16_384)
  }

  @Test
  func whatIsGivenBackIsThereAgainUpToTheBurst() {
    var bucket = TokenBucket(rate: 100, now: start)
    bucket.charge(1000, now: start)
    #expect(bucket.balance(start) == -1000)
    bucket.charge(-5000, now: start)
    #expect(bucket.balance(start) == 15)
  }
}
