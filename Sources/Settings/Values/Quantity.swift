internal import PluginKit

/// A value that is written as text, or as a bare number: a size, a duration, an address.
protocol TextValue: Decodable {
  /// The value of the text. Throws what is wrong with it, in words; the decoder adds the place.
  init(text: String) throws(SettingsProblem)
  /// What a message says was expected: `a size such as 64 MiB`.
  static var expected: String { get }
}

extension TextValue {
  package init(from decoder: any Decoder) throws {
    guard let strict = decoder as? StrictDecoder else {
      try self.init(text: String(from: decoder))
      return
    }
    try self.init(text: strict.scalarText(expected: Self.expected))
  }

  /// `expected a size such as 64 MiB, found '12 parsecs'`, and a hint.
  static func mismatch(_ text: String, _ hint: String = "") -> SettingsProblem {
    SettingsProblem("expected \(expected), found '\(printable(text))'" + (hint.isEmpty ? "" : "; \(hint)"))
  }
}

extension StrictDecoder {
  /// The text of a scalar that is a text or a number.
  func scalarText(expected: String) throws -> String {
    pass.open(path)
    guard case .scalar(let scalar) = node.content, scalar.kind != .null, scalar.kind != .boolean else {
      throw Mismatch(expected: expected, found: node)
    }
    return scalar.text
  }
}

/// A whole number and a unit: `64 MiB`, `64MiB`.
struct Quantity {
  let number: Int64
  /// Empty where none is written.
  let unit: String

  /// Nil where the text does not begin with a whole number that fits 64 bits.
  init?(_ text: String) {
    let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
    guard let number = Int64(String(Substring(digits))) else { return nil }
    let rest = text.dropFirst(digits.count)
    self.number = number
    unit = String(rest.first == " " ? rest.dropFirst() : rest)
  }

  /// The number times the unit's size; nil where that is more than 64 bits hold.
  func times(_ size: Int64) -> Int64? {
    let (product, overflow) = number.multipliedReportingOverflow(by: size)
    return overflow ? nil : product
  }
}
