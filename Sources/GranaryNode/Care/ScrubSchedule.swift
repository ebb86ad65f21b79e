import Inventory
import Settings

/// When old evidence is won anew. A value over the settings.
struct ScrubSchedule {
  let settings: Scrub

  /// Evidence that was won before this time is due; nil where none ever is.
  func limit(now: Timestamp) -> Timestamp? {
    settings.every.map { now.advanced(by: .zero - $0.duration) }
  }

  /// Whether this part of the day is one for reading; seconds from midnight, in the host's own time.
  func isOpen(secondOfDay: Int) -> Bool {
    settings.between.isEmpty || settings.between.contains { $0.contains(secondOfDay) }
  }
}

/// Spreads reading over time so that no second has more than the rate. A value.
struct ScrubPace {
  private var free: ContinuousClock.Instant?

  /// How long to wait before so many bytes are read, at this rate; they count as read then. A rest is not made up for.
  mutating func delay(bytes: Int, rate: Int64, now: ContinuousClock.Instant) -> Duration {
    let start = max(free ?? now, now)
    free = start + .seconds(Double(max(0, bytes)) / Double(max(1, rate)))
    return start - now
  }
}
