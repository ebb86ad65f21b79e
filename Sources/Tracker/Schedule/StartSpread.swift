/// Spreads first announces: the first is due at once, and however many come together, only so many fall into a second.
package struct StartSpread: Sendable {
  private var step: Duration
  private var next: Duration = .zero

  /// A spread of this many a second, at least 1.
  package init(perSecond: Int) {
    step = .seconds(1) / max(1, perSecond)
  }

  /// From now on this many a second, at least 1.
  package mutating func quicken(to perSecond: Int) { step = .seconds(1) / max(1, perSecond) }

  /// The time for one more.
  package mutating func take(now: Duration) -> Duration {
    let time = max(now, next)
    next = time + step
    return time
  }
}
