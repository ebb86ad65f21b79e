/// A rate limit as a value: tokens come in at a rate, up to a burst, and are taken as they are used.
package struct TokenBucket: Sendable {
  /// Tokens a second.
  package let rate: Int64
  private let burst: Int64
  private var tokens: Int64
  private var filled: ContinuousClock.Instant

  /// A bucket that starts full. `rate` is at least 1; the burst is what a quarter of a second brings, and at least one block of 128 KiB.
  package init(rate: Int64, now: ContinuousClock.Instant) {
    self.rate = max(1, rate)
    burst = max(self.rate / 4, 128 << 10)
    (tokens, filled) = (min(self.rate, burst), now)
  }

  /// Takes the tokens if any are left; the balance may go below zero by one taking, which the next ones wait for.
  package mutating func take(_ count: Int, now: ContinuousClock.Instant) -> Bool {
    refill(now)
    guard tokens > 0 else { return false }
    tokens -= Int64(count)
    return true
  }

  /// Takes tokens whether or not they are there; a negative count gives back.
  package mutating func charge(_ count: Int, now: ContinuousClock.Instant) {
    refill(now)
    tokens = min(burst, tokens - Int64(count))
  }

  private mutating func refill(_ now: ContinuousClock.Instant) {
    let elapsed = now - filled
    guard elapsed > .zero else { return }
    let nanoseconds = min(elapsed / .nanoseconds(1), 1e10)
    let fresh = Int64(nanoseconds * Double(rate) / 1e9)
    guard fresh > 0 else { return }
    tokens = min(burst, tokens + fresh)
    // The rest of a token is kept for the next time: else whoever asks often gets less.
    filled = tokens == burst ? now : filled + .nanoseconds(Int64(Double(fresh) * 1e9 / Double(rate)))
  }
}
