/// Rates from counters that only grow, each between one look at it and the next. What was not looked at for long has no rate at first: a mean over
/// the time that nobody looked would be none.
package struct RateBook<Key: Hashable & Sendable>: Sendable {
  package typealias Instant = ContinuousClock.Instant

  /// Bytes a second.
  package struct Rate: Sendable, Hashable {
    package let up: Int64
    package let down: Int64
  }

  /// What a counter has at a look.
  package struct Count: Sendable, Hashable {
    package let up: Int64
    package let down: Int64

    package init(up: Int64, down: Int64) {
      (self.up, self.down) = (up, down)
    }
  }

  private struct Entry {
    var count: Count
    var at: Instant
    var rate: Rate?
  }

  private var entries: [Key: Entry] = [:]
  private static var shortest: Duration { .milliseconds(900) }
  private static var longest: Duration { .seconds(30) }

  package init() {}

  /// The rates since the last look, of what was looked at then. Looks that follow each other closely are one.
  package mutating func rates(_ counts: [Key: Count], at moment: Instant) -> [Key: Rate] {
    entries = entries.filter { moment - $0.value.at <= Self.longest }
    for (key, count) in counts {
      guard let before = entries[key] else {
        entries[key] = Entry(count: count, at: moment, rate: nil)
        continue
      }
      let time = moment - before.at
      if time < Self.shortest { continue }
      let seconds = time / .seconds(1)
      let rate = Rate(up: Self.rate(before.count.up, count.up, seconds), down: Self.rate(before.count.down, count.down, seconds))
      entries[key] = Entry(count: count, at: moment, rate: rate)
    }
    return counts.keys.reduce(into: [:]) { rates, key in rates[key] = entries[key]?.rate }
  }

  private static func rate(_ before: Int64, _ now: Int64, _ seconds: Double) -> Int64 {
    let (difference, overflow) = now.subtractingReportingOverflow(before)
    return overflow ? 0 : Int64(max(0, Double(difference) / seconds).rounded())
  }
}
