internal import PluginKit

/// A length of time: `500ms`, `30s`, `5m`, `2h`, `7d`. A day is 24 hours.
package struct TimeSpan: TextValue, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The longest that is accepted: ten years of 365 days.
  package static let maximum = TimeSpan(milliseconds: 3650 * 86_400_000)

  /// 0 or more.
  package let milliseconds: Int64

  package init(milliseconds: Int64) {
    self.milliseconds = max(0, milliseconds)
  }

  /// The same for clocks.
  package var duration: Duration { .milliseconds(milliseconds) }

  static let expected = "a duration such as 30s (units: ms, s, m, h, d)"

  init(text: String) throws(SettingsProblem) {
    guard let quantity = Quantity(text) else { throw Self.mismatch(text, Self.hint(text)) }
    guard let unit = Self.units.first(where: { $0.name == quantity.unit }) else { throw Self.mismatch(text, Self.hint(text)) }
    guard let milliseconds = quantity.times(unit.milliseconds), milliseconds <= Self.maximum.milliseconds else {
      throw Self.mismatch(text, "the longest is \(Self.maximum)")
    }
    self.init(milliseconds: milliseconds)
  }

  private static let units: [(name: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
  ]

  private static func hint(_ text: String) -> String {
    if text.hasPrefix("-") { return "it cannot be negative" }
    if text.contains(".") { return "write a whole number in a smaller unit: 1500ms for 1.5s" }
    if !text.isEmpty, text.allSatisfy(\.isNumber) { return "a duration needs a unit: \(text.prefix(20))s for seconds" }
    let parts = text.filter(\.isLetter).count
    return parts > 1 && text.contains(where: \.isNumber) && text.last?.isLetter == true ? "one number and one unit" : ""
  }

  package static func < (one: TimeSpan, other: TimeSpan) -> Bool { one.milliseconds < other.milliseconds }

  /// In the largest unit that divides it.
  package var description: String {
    for (name, size) in Self.units where milliseconds > 0 && milliseconds % size == 0 {
      return "\(milliseconds / size)\(name)"
    }
    return "\(milliseconds)ms"
  }
}
