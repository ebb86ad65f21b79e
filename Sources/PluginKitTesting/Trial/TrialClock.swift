import PluginKit
import Synchronization

/// The clocks of a trial: they stand still until they are moved.
final class TrialClock: Sendable {
  private let passed = Mutex(Duration.zero)
  private let start = ContinuousClock.now
  private let wallStart: WallTime

  init(_ now: WallTime) { wallStart = now }

  var now: ContinuousClock.Instant { start + passed.withLock { $0 } }

  var wall: WallTime {
    let nanoseconds = passed.withLock { $0 } / .nanoseconds(1)
    return WallTime(nanoseconds: wallStart.nanoseconds + Int64(nanoseconds))
  }

  func advance(by time: Duration) { passed.withLock { $0 += time } }
}

/// The journal of a trial: looks at each row, and keeps none.
struct TrialJournal: Journal {
  let plugin: String
  let log: ProbeLog

  func record(_ record: JournalRecord) {
    if let flaw = CleanText.flaw(of: record.reason) { log.found(.reason, nil, "a reason in each row of the journal", flaw) }
    if record.plugin != plugin { log.found(.reason, nil, "rows under its own name, \(plugin)", "a row of \(record.plugin)") }
  }
}
