internal import PluginKit

/// Reads sizes, rates and lengths of time as the configuration has them everywhere: `500 GiB`, `50 MiB/s`, `1d`.
enum AmountText {
  private static let sizes: [(unit: Substring, factor: Int64)] = [("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
  private static let spans: [(unit: Substring, factor: Int64)] = [
    ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
  ]

  /// Bytes.
  static func size(_ text: String) throws(SettingsProblem) -> Int64 {
    guard let size = amount(text[...], sizes), size > 0 else {
      throw SettingsProblem("expected a size such as 500 GiB (units: KiB, MiB, GiB), found '\(text)'")
    }
    return size
  }

  /// Bytes a second.
  static func rate(_ text: String) throws(SettingsProblem) -> Int64 {
    guard text.hasSuffix("/s"), let rate = amount(trimmed(text.dropLast(2)), sizes), rate > 0 else {
      throw SettingsProblem("expected a rate such as 50 MiB/s, found '\(text)'")
    }
    return rate
  }

  /// Nanoseconds.
  static func span(_ text: String) throws(SettingsProblem) -> Int64 {
    guard let span = amount(text[...], spans), span > 0 else {
      throw SettingsProblem("expected a duration such as 12h (units: s, m, h, d), found '\(text)'")
    }
    return span
  }

  /// Nanoseconds of a time that may be short.
  static func delay(_ text: String) throws(SettingsProblem) -> Int64 {
    guard let delay = amount(text[...], [("ms", 1_000_000)] + spans), delay > 0 else {
      throw SettingsProblem("expected a duration such as 500ms (units: ms, s, m, h, d), found '\(text)'")
    }
    return delay
  }

  /// `1.5 GiB`, `500 GiB`: at most one decimal, rounded down, so that what is nearly used up does not read as used up.
  static func describe(bytes: Int64) -> String {
    for (unit, factor) in sizes.reversed() where factor > 1 && bytes >= factor {
      let tenths = bytes / (factor / 1024) * 10 / 1024
      return tenths % 10 == 0 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
    }
    return "\(bytes) B"
  }

  /// `1d`, `90m`: in the largest unit that divides it.
  static func describe(span: Int64) -> String {
    for (unit, factor) in spans.reversed() where span % factor == 0 { return "\(span / factor)\(unit)" }
    return "\(span / 1_000_000)ms"
  }

  private static func amount(_ text: Substring, _ units: [(unit: Substring, factor: Int64)]) -> Int64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int64(digits) else { return nil }
    let unit = text.dropFirst(digits.count)
    guard let factor = units.first(where: { $0.unit == (unit.first == " " ? unit.dropFirst() : unit) })?.factor else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }

  private static func trimmed(_ text: Substring) -> Substring { text.last == " " ? text.dropLast() : text }
}
