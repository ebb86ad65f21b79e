import Foundation

/// A moment of the wall clock. Every `*_at` column holds one as an integer: nanoseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Hashable, Codable, Sendable {
  /// Nanoseconds since 1970, leap seconds not counted; reaches the year 2262.
  package let nanoseconds: Int64

  package init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// Whole seconds since 1970; what does not fit is clamped.
  package init(seconds: Int64) {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    nanoseconds = overflow ? (seconds < 0 ? .min : .max) : product
  }

  /// The system's wall clock. For the program's edge; everything below it is given the time.
  package static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec)).advanced(by: .nanoseconds(Int64(time.tv_nsec)))
  }

  /// The moment this much later (earlier for a negative duration), clamped to what can be told.
  package func advanced(by duration: Duration) -> Timestamp {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(Self.nanoseconds(of: duration))
    return Timestamp(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
  }

  /// `2026-11-22T16:41:07.250Z`: UTC to the millisecond, as the views write it.
  package var iso8601: String {
    let fraction = ((milliseconds % 1000) + 1000) % 1000
    let second = Date(timeIntervalSince1970: Double((milliseconds - fraction) / 1000)).formatted(Date.ISO8601FormatStyle())
    let digits = String(fraction + 1000).dropFirst()
    return "\(second.dropLast()).\(digits)Z"
  }

  /// Milliseconds since 1970, rounded.
  private var milliseconds: Int64 {
    let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return whole + (rest >= 500_000 ? 1 : rest <= -500_000 ? -1 : 0)
  }

  private static func nanoseconds(of duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carried) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflow || carried ? (seconds < 0 ? .min : .max) : sum
  }
}

extension Timestamp: Comparable {
  package static func < (one: Timestamp, other: Timestamp) -> Bool { one.nanoseconds < other.nanoseconds }
}

extension Timestamp: CustomStringConvertible {
  package var description: String { iso8601 }
}
