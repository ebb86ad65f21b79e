import Foundation
internal import PluginKit
import Synchronization

/// Hours of the week on the clocks of a place: from a time of day to another, on the days on which it begins.
///
/// What counts is what the clock on the wall shows: where it is put forward over `from` the window begins with the jump, and hours that come
/// twice are in it twice.
struct TimeWindow: Sendable {
  /// The days on which the window begins, 0 for Monday … 6 for Sunday.
  let days: Set<Int>
  /// Seconds after midnight.
  let from: Int64
  /// Seconds after midnight, not in the window any more; at or below `from` it is the next day's.
  let to: Int64
  let zone: TimeZone
  private let known = LastSpan()

  init(days: Set<Int>, from: Int64, to: Int64, zone: TimeZone) {
    (self.days, self.from, self.to, self.zone) = (days, from, to, zone)
  }

  /// Whether the moment is in the window, and when that can change; nil for never.
  func state(at now: WallTime) -> (isOpen: Bool, until: WallTime?) {
    let second = CivilCalendar.floorDivide(now.nanoseconds, 1_000_000_000).quotient
    let span = known.span(holding: second) ?? known.keep(span(at: second))
    return (span.isOpen, span.end.map { WallTime(nanoseconds: $0 * 1_000_000_000) })
  }

  /// Whether the second is in the window.
  func contains(_ second: Int64) -> Bool {
    let (day, time) = CivilCalendar.floorDivide(second + offset(second), 86_400)
    let today = CivilCalendar.weekday(days: day)
    if from < to { return days.contains(today) && (from..<to).contains(time) }
    return (time >= from && days.contains(today)) || (time < to && days.contains((today + 6) % 7))
  }

  /// The answer at a second and the second at which it changes. It changes within eight days or never.
  private func span(at start: Int64) -> TimeSpan {
    let isOpen = contains(start)
    var second = start
    while second < start + 8 * 86_400 + 7_200 {
      second = nextCandidate(after: second)
      if contains(second) != isOpen { return TimeSpan(isOpen: isOpen, start: start, end: second) }
    }
    return TimeSpan(isOpen: isOpen, start: start, end: nil)
  }

  /// The next second at which the answer may change: a bound of the window or midnight on the wall's clock, or the clock's next change if that
  /// is sooner.
  private func nextCandidate(after second: Int64) -> Int64 {
    let offset = offset(second)
    let (_, time) = CivilCalendar.floorDivide(second + offset, 86_400)
    let bound = [from, to, 86_400].filter { $0 > time }.min() ?? 86_400
    let candidate = second + bound - time
    return self.offset(candidate) == offset ? candidate : firstSecond(after: second, upTo: candidate, offsetOtherThan: offset)
  }

  /// The clock is put once within the range: halving finds when.
  private func firstSecond(after low: Int64, upTo high: Int64, offsetOtherThan before: Int64) -> Int64 {
    var (low, high) = (low, high)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if offset(middle) == before { low = middle } else { high = middle }
    }
    return high
  }

  private func offset(_ second: Int64) -> Int64 {
    Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(second))))
  }
}

/// Seconds in which a window's answer stays the same.
private struct TimeSpan: Sendable {
  let isOpen: Bool
  let start: Int64
  /// The first second beyond; nil: there is no end.
  let end: Int64?
}

/// The span that was asked about last: the zone's tables are read once for many peers.
private final class LastSpan: Sendable {
  private let span = Mutex<TimeSpan?>(nil)

  func span(holding second: Int64) -> TimeSpan? {
    span.withLock { span in
      span.flatMap { $0.start <= second && second < ($0.end ?? .max) ? $0 : nil }
    }
  }

  func keep(_ new: TimeSpan) -> TimeSpan {
    span.withLock { $0 = new }
    return new
  }
}
