/// Decides who has been silent for too long. A value: fed with a clock, with what is outstanding, and with what has come back.
///
/// Time is what the watchdog itself was awake to see: of a pause in which it did not run either (a stopped process, a sleeping machine, a
/// processor that others have) only little counts, and who is questioned gets as much time again.
struct Vigil<Question: Hashable & Sendable>: Sendable {
  /// Silence for longer than this is too long.
  let limit: Duration
  /// How often the watchdog wakes.
  let interval: Duration
  private var awake = Duration.zero
  private var lastWake: ContinuousClock.Instant?
  private var asked: [Question: Duration] = [:]

  init(limit: Duration) {
    (self.limit, interval) = (limit, limit / 10)
  }

  /// The watchdog wakes; `open` are the questions that are without an answer now. Gives those that have been so for too long.
  mutating func wake(_ now: ContinuousClock.Instant, open: [Question]) -> [Question] {
    if let lastWake { awake += min(now - lastWake, interval * 2) }
    lastWake = now
    var still: [Question: Duration] = [:]
    for question in open { still[question] = asked[question] ?? awake }
    asked = still
    return open.filter { awake - (asked[$0] ?? awake) > limit }
  }
}
