import Testing

@testable import Engine

struct UploadLimiterTests {
  private let start = ContinuousClock.now

  private func claim(_ number: PeerNumber, _ principal: String) -> UploadClaim {
    UploadClaim(number: number, principal: principal, artifact: 1)
  }

  @Test
  func aRoundServesEachPrincipalOnce() {
    let limiter = UploadLimiter(rates: UploadRates(node: 1 << 20), now: start)
    #expect(limiter.quantum == (1 << 20) / 50)
    for number in 1...3 as ClosedRange<PeerNumber> { #expect(!limiter.take(1000, for: claim(number, "a"), now: start)) }
    #expect(!limiter.take(1000, for: claim(4, "b"), now: start))
    #expect(limiter.turns(now: start).isEmpty)
    let later = start + .milliseconds(100)
    #expect(limiter.turns(now: later).map(\.claim.number) == [1, 4])
    #expect(limiter.turns(now: later).map(\.claim.number) == [2])
    limiter.forget(claim(3, "a"))
    #expect(limiter.turns(now: later).isEmpty && limiter.waitingCount == 0)
    #expect(limiter.throttledBatches == 4)
  }

  @Test
  func withoutALimitThereIsNoQuantum() {
    let limiter = UploadLimiter(rates: UploadRates(), now: start)
    #expect(limiter.quantum == nil)
    limiter.set(rates: UploadRates(principal: 1 << 20), now: start)
    #expect(limiter.quantum != nil)
    #expect(!limiter.take(1, for: claim(1, "a"), now: start))
    limiter.set(rates: UploadRates(), now: start)
    #expect(limiter.turns(now: start).map(\.claim.number) == [1])
    #expect(limiter.quantum == nil)
  }
}
