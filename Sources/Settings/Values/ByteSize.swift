internal import PluginKit

/// A number of bytes: `512`, `64 KiB`, `64 MiB`, `2 GiB`.
package struct ByteSize: TextValue, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// 0 or more.
  package let bytes: Int64

  package init(bytes: Int64) {
    self.bytes = max(0, bytes)
  }

  static let expected = "a size such as 64 MiB (units: KiB, MiB, GiB; none for bytes)"

  init(text: String) throws(SettingsProblem) {
    guard let quantity = Quantity(text) else { throw Self.mismatch(text, Self.hint(text)) }
    guard let unit = Self.units[quantity.unit] else { throw Self.mismatch(text, Self.hint(text)) }
    guard let bytes = quantity.times(unit) else { throw Self.mismatch(text, "that is more than any disk holds") }
    self.init(bytes: bytes)
  }

  private static let units: [String: Int64] = ["": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30]

  /// The slip behind a text that is no size.
  static func hint(_ text: String) -> String {
    if text.hasPrefix("-") { return "it cannot be negative" }
    if text.contains(".") || text.contains(",") { return "write a whole number in a smaller unit: 1536 MiB for 1.5 GiB" }
    let unit = text.drop { !$0.isLetter }.lowercased()
    let names = ["k": "KiB", "m": "MiB", "g": "GiB"]
    if let letter = unit.first, let name = names[String(letter)], ["", "b", "ib"].contains(unit.dropFirst()), !text.hasSuffix(name) {
      return "write \(name)"
    }
    return ["t", "tb", "tib"].contains(unit) ? "write it in GiB" : ""
  }

  package static func < (one: ByteSize, other: ByteSize) -> Bool { one.bytes < other.bytes }

  /// In the largest unit that divides it.
  package var description: String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] where bytes > 0 && bytes.trailingZeroBitCount >= shift {
      return "\(bytes >> Int64(shift)) \(unit)"
    }
    return "\(bytes)"
  }
}
