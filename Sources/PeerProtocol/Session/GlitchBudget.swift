/// How many messages of no value a peer may send: a token bucket, so that a burst is forgiven and a flood is not.
///
/// `PeerSession` counts such messages (keep-alives, choke and interest flips, repeated haves, repeated extended handshakes, …);
/// the connection spends what it has counted.
package struct GlitchBudget: Hashable, Sendable {
  /// Glitches forgiven at once.
  package let burst: Int
  /// Glitches forgiven a second, on average.
  package let perSecond: Double
  private var available: Double
  private var updated: ContinuousClock.Instant

  /// A full bucket. Negative numbers are taken as 0.
  package init(burst: Int = 512, perSecond: Double = 8, now: ContinuousClock.Instant) {
    self.burst = max(0, burst)
    self.perSecond = max(0, perSecond)
    available = Double(self.burst)
    updated = now
  }

  /// Takes so many glitches out of the bucket. A clock that runs backwards refills nothing.
  /// - Throws: `.flood` where there is not enough left.
  package mutating func spend(_ glitches: Int, now: ContinuousClock.Instant) throws(ProtocolViolation) {
    guard glitches > 0 else { return }
    refill(now)
    available -= Double(glitches)
    guard available >= 0 else {
      throw ProtocolViolation(
        .flood, "too many messages that say nothing: more than \(burst) at once or \(perSecond) a second", at: .init(message: "message"))
    }
  }

  private mutating func refill(_ now: ContinuousClock.Instant) {
    guard now > updated else { return }
    let (seconds, attoseconds) = updated.duration(to: now).components
    available = min(Double(burst), available + (Double(seconds) + Double(attoseconds) / 1e18) * perSecond)
    updated = now
  }
}
