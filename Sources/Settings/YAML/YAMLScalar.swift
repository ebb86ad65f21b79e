/// A value without parts, typed by YAML 1.2's core schema: `yes`, `no`, `on` and `off` are texts, and so is `22:00`.
package struct YAMLScalar: Sendable, Hashable {
  package enum Kind: Sendable { case string, integer, float, boolean, null }

  /// The text, without quotes and with escapes resolved.
  package let text: String
  package let kind: Kind
  /// Whether it stood without quotes.
  package let isPlain: Bool

  init(text: String, kind: Kind, isPlain: Bool) {
    (self.text, self.kind, self.isPlain) = (text, kind, isPlain)
  }

  /// A scalar without a tag: quoted text is text, plain text is what it looks like.
  init(text: String, isPlain: Bool) {
    self.init(text: text, kind: isPlain ? Kind(plain: text) : .string, isPlain: isPlain)
  }

  /// What a message says was found.
  var found: String {
    switch kind {
    case .null: "nothing"
    case .integer, .float: "the number \(printable(text))"
    case .boolean: text
    case .string where isPlain: "'\(printable(text))'"
    case .string: "the text \"\(printable(text))\""
    }
  }
}

extension YAMLScalar.Kind {
  /// What plain text is in the core schema (YAML 1.2.2, section 10.3.2).
  init(plain text: String) {
    switch text {
    case "", "~", "null", "Null", "NULL": self = .null
    case "true", "True", "TRUE", "false", "False", "FALSE": self = .boolean
    default: self = Self.number(text) ?? .string
    }
  }

  /// The kind that one of the core schema's tags names.
  init?(tag: String) {
    switch tag {
    case "!", "tag:yaml.org,2002:str": self = .string
    case "tag:yaml.org,2002:int": self = .integer
    case "tag:yaml.org,2002:float": self = .float
    case "tag:yaml.org,2002:bool": self = .boolean
    case "tag:yaml.org,2002:null": self = .null
    default: return nil
    }
  }

  private static func number(_ text: String) -> Self? {
    if text.hasPrefix("0x") { return isAll(text.utf8.dropFirst(2), isHexadecimal) ? .integer : nil }
    if text.hasPrefix("0o") { return isAll(text.utf8.dropFirst(2)) { (0x30...0x37).contains($0) } ? .integer : nil }
    let unsigned = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    guard unsigned.count >= text.utf8.count - 1 else { return nil }
    if isAll(unsigned, isDigit) { return .integer }
    return isFloat(Substring(unsigned)) ? .float : nil
  }

  private static func isFloat(_ text: Substring) -> Bool {
    if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(String(text)) { return true }
    let parts = text.utf8.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }
    guard let mantissa = parts.first else { return false }
    if parts.count == 2 {
      let sign = parts[1].first == UInt8(ascii: "-") || parts[1].first == UInt8(ascii: "+")
      guard isAll(parts[1].dropFirst(sign ? 1 : 0), isDigit) else { return false }
    }
    let halves = mantissa.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    return halves.allSatisfy { $0.allSatisfy(isDigit) } && halves.contains { !$0.isEmpty }
  }

  private static func isAll(_ bytes: some Collection<UInt8>, _ rule: (UInt8) -> Bool) -> Bool { !bytes.isEmpty && bytes.allSatisfy(rule) }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte) }
}
