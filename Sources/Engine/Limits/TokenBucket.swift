/// A rate limit as a value: tokens come in at a rate, up to a burst, and are taken as they are used.
///
/// A taking needs some token, not all of them: the balance may go below zero by one taking, which the next ones wait for. That is what lets
/// a burst be small (and the rate exact over seconds) whatever the size of a block.
package struct TokenBucket: Sendable {
  /// Tokens a second, at least 1.
  package let rate: Int64
  private let burst: Double
  private var tokens = 0.0
  private var filled: ContinuousClock.Instant

  /// An empty bucket: whoever makes a new one, at a reload or by coming back, wins nothing. The burst is what 150 ms bring, enough for a
  /// clockwork of 10 ms that is late now and then, and 1.5 % of ten seconds.
  package init(rate: Int64, now: ContinuousClock.Instant) {
    self.rate = max(1, rate)
    burst = max(1, Double(self.rate) * 0.15)
    filled = now
  }

  /// Takes the tokens if there is one at least.
  package mutating func take(_ count: Int, now: ContinuousClock.Instant) -> Bool {
    guard hasTokens(now) else { return false }
    tokens -= Double(count)
    return true
  }

  /// Takes tokens whether or not they are there; a negative count gives back.
  package mutating func charge(_ count: Int, now: ContinuousClock.Instant) {
    refill(now)
    tokens = min(burst, tokens - Double(count))
  }

  /// Whether a taking would succeed.
  package mutating func hasTokens(_ now: ContinuousClock.Instant) -> Bool {
    refill(now)
    return tokens >= 1
  }

  /// How many tokens are there; negative: owed.
  package mutating func balance(_ now: ContinuousClock.Instant) -> Double {
    refill(now)
    return tokens
  }

  /// Whether the bucket is full: then a new one that has stood for a while is no different, and this one can be forgotten.
  package mutating func isFull(_ now: ContinuousClock.Instant) -> Bool {
    refill(now)
    return tokens >= burst
  }

  /// The moment at which a taking will succeed, as of the last look.
  package var ready: ContinuousClock.Instant {
    tokens >= 1 ? filled : filled + .nanoseconds(Int64(min((1 - tokens) * 1e9 / Double(rate), 1e18)) + 1)
  }

  private mutating func refill(_ now: ContinuousClock.Instant) {
    guard now > filled else { return }
    tokens = min(burst, tokens + (now - filled) / .seconds(1) * Double(rate))
    filled = now
  }
}
