internal import PluginKit

/// A part of each day, in the host's own time: `22:00-06:00`. The end is not part of it; one before the beginning is the next day's.
package struct DailyWindow: TextValue, Hashable, Sendable, CustomStringConvertible {
  /// Seconds from midnight: 0 ..< 86,400.
  package let from: Int
  /// Seconds from midnight: 1 ... 86,400, never equal to `from`.
  package let to: Int

  static let expected = "a part of the day such as 22:00-06:00"

  init(text: String) throws(SettingsProblem) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.seconds)
    guard parts.count == 2, let from = parts[0], let to = parts[1] else { throw Self.mismatch(text) }
    guard from != to, from < 86_400 else { throw Self.mismatch(text, "the two differ, and the first is before 24:00") }
    // 00:00 at the end is this day's.
    (self.from, self.to) = (from, to == 0 ? 86_400 : to)
  }

  /// Whether it holds this moment of the day, in seconds from midnight.
  package func contains(_ second: Int) -> Bool {
    from < to ? from <= second && second < to : from <= second || second < to
  }

  private static func seconds(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour < 24 || (hour == 24 && minute == 0)
    else { return nil }
    return hour * 3_600 + minute * 60
  }

  package var description: String { "\(Self.clock(from))-\(Self.clock(to))" }

  private static func clock(_ seconds: Int) -> String {
    [seconds / 3_600, seconds / 60 % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
  }
}
