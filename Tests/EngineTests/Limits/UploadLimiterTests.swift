import Testing

@testable import Engine

struct UploadLimiterTests {
  private let start = ContinuousClock.now

  @Test
  func thoseThatWaitAreServedInTurnAndNewcomersWaitBehindThem() {
    let limiter = UploadLimiter(rate: 1 << 20, now: start)
    #expect(limiter.quantum == (1 << 20) / 50)
    #expect(limiter.take(1 << 18, for: 1, now: start))
    #expect(!limiter.take(10_000, for: 2, now: start))
    #expect(!limiter.take(20_000, for: 3, now: start))
    #expect(limiter.next(now: start) == nil)
    let later = start + .milliseconds(1)
    // Tokens are there, but others were before.
    #expect(!limiter.take(1, for: 4, now: later))
    let turn = limiter.next(now: later)
    #expect(turn?.number == 2 && turn?.bytes == 10_000)
    #expect(limiter.next(now: later) == nil)
    let end = start + .seconds(1)
    #expect([limiter.next(now: end)?.number, limiter.next(now: end)?.number, limiter.next(now: end)?.number] == [3, 4, nil])
    #expect(limiter.take(1, for: 5, now: end))
  }

  @Test
  func anotherLimitHoldsAtOnceAndNoneLetsEverybodyGo() {
    let limiter = UploadLimiter(rate: nil, now: start)
    #expect(limiter.quantum == nil)
    #expect(limiter.take(.max, for: 1, now: start))
    limiter.set(rate: 1 << 20, now: start)
    #expect(limiter.quantum != nil)
    #expect(limiter.take(1 << 18, for: 1, now: start))
    #expect(!limiter.take(1, for: 2, now: start))
    limiter.set(rate: nil, now: start)
    #expect(limiter.next(now: start)?.number == 2)
    #expect(limiter.next(now: start) == nil)
  }
}
