/// How often a plugin may fail and how much of an event loop's time it may take before it is tripped: two leaky buckets, fed with a clock.
package struct FaultBudget: Sendable, Hashable {
  /// What is allowed. The defaults let a plugin stumble and stop one that keeps falling.
  package struct Limits: Sendable, Hashable {
    /// Faults within `window`: 1 or more.
    package var faults: Int
    /// The time in which as many faults as are allowed are forgotten again.
    package var window: Duration
    /// A hook that takes longer than this to return is late, which is a fault. A hook is timed by the wall's clock: the default is longer than
    /// the pauses of a container that has used up its share of the processor.
    package var late: Duration
    /// What hooks may take of each second of an event loop, in the long run; a second or more means all of it.
    package var time: Duration

    package init(
      faults: Int = 10, window: Duration = .seconds(60), late: Duration = .milliseconds(100), time: Duration = .milliseconds(200)
    ) {
      (self.faults, self.window, self.late, self.time) = (max(1, faults), window, late, time)
    }
  }

  /// A call that stood still with the whole process must not use up the budget: no call costs more than this.
  package static let dearestCall = Duration.milliseconds(500)
  /// How long a plugin may take all of a loop's time above its share: a burst of work is no fault.
  package static let burst = Duration.seconds(10)

  package let limits: Limits
  /// When all faults so far are forgotten.
  private var faultsGone: ContinuousClock.Instant?
  /// When all time taken so far is paid.
  private var timePaid: ContinuousClock.Instant?

  package init(_ limits: Limits = Limits()) {
    self.limits = limits
  }

  /// Counts a fault; true where it is one too many.
  package mutating func fault(at now: ContinuousClock.Instant) -> Bool {
    let gone = max(faultsGone ?? now, now) + limits.window / limits.faults
    faultsGone = gone
    return gone - now > limits.window
  }

  /// Counts time that a hook took; true where it is too much. With several event loops there is as much time for each.
  package mutating func spend(_ time: Duration, loops: Int, at now: ContinuousClock.Instant) -> Bool {
    guard limits.time < .seconds(1), limits.time > .zero else { return false }
    let price = (.seconds(1) / limits.time) / Double(max(1, loops))
    let paid = max(timePaid ?? now, now) + min(time, Self.dearestCall) * price
    timePaid = paid
    return paid - now > Self.burst
  }
}
