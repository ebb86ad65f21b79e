/// Says when the service manager is told that all goes on. A value, fed with a clock and with whether everything has answered.
///
/// The manager is told each half of its interval. Who is late then has the rest of it: as soon as everything has answered, it is told.
struct Heartbeat: Sendable {
  /// How often it is to be woken.
  let pause: Duration
  private let half: Duration
  private var told: ContinuousClock.Instant?

  init(interval: Duration) {
    (half, pause) = (interval / 2, interval / 10)
  }

  /// Whether the manager is told now.
  mutating func wake(_ now: ContinuousClock.Instant, allAnswer: Bool) -> Bool {
    // A turn earlier rather than one later: the half is the latest.
    if let told, now - told + pause / 2 < half { return false }
    guard allAnswer else { return false }
    told = now
    return true
  }
}
