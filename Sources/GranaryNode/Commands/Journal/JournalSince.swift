import Foundation
import Inventory
import Settings

/// Since when: so long ago (`24h`), or a moment (`2027-01-31T18:00:00Z`, with a fraction or an offset too, or a day's beginning in UTC).
enum JournalSince {
  /// The moment that the text names; nil for anything else.
  static func time(_ text: String, now: Timestamp) -> Timestamp? {
    if let span = TimeSpan(text) { return now.advanced(by: .zero - span.duration) }
    let day = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day()
    // A style reads what it knows and passes over the rest: a day is nothing but a day.
    let styles = text.utf8.count == 10 ? [day] : [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)]
    guard hasTimeOfDay(text), let date = styles.lazy.compactMap({ try? $0.parse(text) }).first else { return nil }
    let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
    // Beyond the years that a timestamp can tell, the moment is as good as its end.
    return Timestamp(seconds: 0).advanced(by: .milliseconds(Int64(min(max(milliseconds, -9e12), 9e12))))
  }

  /// Styles carry an hour of 99 into the days after.
  private static func hasTimeOfDay(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    let fields = [(11, 23), (14, 59), (17, 60)].filter { $0.0 + 2 <= bytes.count }
    return fields.allSatisfy { start, most in
      Int(String(decoding: bytes[start..<start + 2], as: UTF8.self)).map { (0...most).contains($0) } ?? false
    }
  }
}
