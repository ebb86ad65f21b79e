import Synchronization

/// A clock that a test moves by hand. Hand out `clock.now` wherever a `now` is asked for, or a closure over it.
package final class ManualClock: Sendable {
  private let instant: Mutex<ContinuousClock.Instant>

  /// A clock that stands at `now`.
  package init(now: ContinuousClock.Instant = .now) {
    instant = Mutex(now)
  }

  /// Where the clock stands.
  package var now: ContinuousClock.Instant { instant.withLock { $0 } }

  /// Moves the clock forward; gives where it then stands.
  @discardableResult
  package func advance(by duration: Duration) -> ContinuousClock.Instant {
    instant.withLock { instant in
      instant = instant.advanced(by: duration)
      return instant
    }
  }
}
