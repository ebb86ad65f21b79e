import Synchronization

/// When old accounts were last looked for: once a minute is enough.
final class Swept: Sendable {
  private let last = Mutex<ContinuousClock.Instant?>(nil)

  func isDue(_ now: ContinuousClock.Instant) -> Bool {
    last.withLock { last in
      if let last, now - last < .seconds(60) { return false }
      last = now
      return true
    }
  }
}
