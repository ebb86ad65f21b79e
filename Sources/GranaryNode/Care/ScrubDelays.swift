import Inventory

/// Artifacts of which a scrub came to nothing: others come first, for ever longer. A value.
struct ScrubDelays {
  private struct Delay {
    var failures = 0
    var until: ContinuousClock.Instant
  }

  private static let first = Duration.seconds(60)
  private static let longest = Duration.seconds(86_400)

  private var delays: [ArtifactID: Delay] = [:]

  /// Those that are not to be read yet.
  func delayed(now: ContinuousClock.Instant) -> Set<ArtifactID> {
    Set(delays.lazy.filter { $0.value.until > now }.map(\.key))
  }

  /// A scrub is over.
  mutating func note(_ id: ArtifactID, succeeded: Bool, now: ContinuousClock.Instant) {
    guard !succeeded else {
      delays[id] = nil
      return
    }
    var delay = delays[id] ?? Delay(until: now)
    delay.until = now + min(Self.first * (1 << min(delay.failures, 11)), Self.longest)
    delay.failures += 1
    delays[id] = delay
  }
}
