/// How much work of one kind others may cause: a token bucket that starts full, so that a burst is met and a flood is not.
package struct WorkBudget: Sendable, Hashable {
  /// Units at once.
  package let burst: Double
  /// Units a second, on average.
  package let perSecond: Double
  private var available: Double
  private var updated: ContinuousClock.Instant

  package init(burst: Int, perSecond: Int, now: ContinuousClock.Instant) {
    (self.burst, self.perSecond) = (Double(max(0, burst)), Double(max(0, perSecond)))
    (available, updated) = (self.burst, now)
  }

  /// Takes so many units; false, and none are taken, where there are not enough. What costs more than the whole burst takes all of a full one.
  package mutating func spend(_ units: Int, now: ContinuousClock.Instant) -> Bool {
    if now > updated {
      available = min(burst, available + (now - updated) / .seconds(1) * perSecond)
      updated = now
    }
    let wanted = min(Double(units), burst)
    guard available >= wanted else { return false }
    available -= wanted
    return true
  }
}
