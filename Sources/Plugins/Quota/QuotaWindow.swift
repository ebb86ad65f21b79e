internal import PluginKit

/// Spans of time over which a quota counts, aligned to 1970-01-01T00:00:00Z: windows of `1d` begin at midnight UTC, those of `1h` at the full
/// hour.
///
/// A **fixed** window begins at nothing: in the worst case twice the limit goes out around its border. A **sliding** one counts in half
/// windows, the current one and the one before, and so frees what was used half a window at a time: within any span of its length no more
/// than one and a half times the limit goes out.
struct QuotaWindow: Sendable, Hashable {
  /// Nanoseconds, a second at least.
  let length: Int64
  let isSliding: Bool

  /// All time. Its accounts are forgotten when nothing was added for 90 days.
  static let endless = QuotaWindow(length: .max, isSliding: false)
  var isEndless: Bool { length == .max }
  static let quiet: Int64 = 90 * 86_400_000_000_000

  /// What is counted in one sum: the window, or its half.
  var step: Int64 { isSliding ? length / 2 : length }

  /// The number of the step that holds the moment.
  func step(at now: WallTime) -> Int64 { CivilCalendar.floorDivide(now.nanoseconds, step).quotient }

  /// The moment at which a step is over.
  func end(ofStep number: Int64) -> WallTime {
    let (product, overflow) = (number + 1).multipliedReportingOverflow(by: step)
    return WallTime(nanoseconds: overflow ? .max : product)
  }
}
