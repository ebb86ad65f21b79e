/// A type that is read from one scalar.
protocol ScalarDecodable: Decodable, HasStandIn {
  init(_ node: YAMLNode) throws(Mismatch)
}

extension Bool: ScalarDecodable {
  static var standIn: Bool { false }

  init(_ node: YAMLNode) throws(Mismatch) {
    guard case .scalar(let scalar) = node.content else { throw Mismatch(expected: "true or false", found: node) }
    switch (scalar.kind, scalar.text) {
    case (.boolean, "true"): self = true
    case (.boolean, "false"): self = false
    default: throw Mismatch(expected: "true or false", found: node, hint: Self.hint(scalar))
    }
  }

  private static func hint(_ scalar: YAMLScalar) -> String {
    switch scalar.text.lowercased() {
    case "true", "yes", "on", "y", "1": "write true"
    case "false", "no", "off", "n", "0": "write false"
    default: ""
    }
  }
}

extension String: ScalarDecodable {
  static var standIn: String { "" }

  init(_ node: YAMLNode) throws(Mismatch) {
    guard case .scalar(let scalar) = node.content else { throw Mismatch(expected: "a text", found: node) }
    guard scalar.kind == .string else {
      let hint = scalar.kind == .null ? "" : "for a text write \"\(printable(scalar.text))\""
      throw Mismatch(expected: "a text", found: node, hint: hint)
    }
    self = scalar.text
  }
}

extension Double: ScalarDecodable {
  static var standIn: Double { 0 }

  init(_ node: YAMLNode) throws(Mismatch) {
    guard case .scalar(let scalar) = node.content, [.integer, .float].contains(scalar.kind), let value = Double(scalar.text),
      value.isFinite
    else { throw Mismatch(expected: "a number", found: node, hint: quoteHint(node)) }
    self = value
  }
}

extension Float: ScalarDecodable {
  static var standIn: Float { 0 }

  init(_ node: YAMLNode) throws(Mismatch) {
    self.init(try Double(node))
    guard isFinite else { throw Mismatch(expected: "a smaller number", found: node) }
  }
}

extension ScalarDecodable where Self: FixedWidthInteger {
  static var standIn: Self { 0 }

  init(_ node: YAMLNode) throws(Mismatch) {
    guard case .scalar(let scalar) = node.content, scalar.kind == .integer else {
      throw Mismatch(expected: "a whole number", found: node, hint: quoteHint(node))
    }
    guard !hasLeadingZero(scalar.text) else {
      throw Mismatch(expected: "a whole number without leading zeroes", found: node)
    }
    guard let value = wholeNumber(scalar.text), let exact = Self(exactly: value) else {
      throw Mismatch(expected: "a whole number between \(Self.min) and \(Self.max)", found: node)
    }
    self = exact
  }
}

extension Int: ScalarDecodable {}
extension Int8: ScalarDecodable {}
extension Int16: ScalarDecodable {}
extension Int32: ScalarDecodable {}
extension Int64: ScalarDecodable {}
extension UInt: ScalarDecodable {}
extension UInt8: ScalarDecodable {}
extension UInt16: ScalarDecodable {}
extension UInt32: ScalarDecodable {}
extension UInt64: ScalarDecodable {}

/// YAML 1.1 reads `010` as 8, YAML 1.2 as 10, and people either way.
private func hasLeadingZero(_ text: String) -> Bool {
  let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
  return digits.count > 1 && digits.first == UInt8(ascii: "0") && !text.hasPrefix("0x") && !text.hasPrefix("0o")
}

private func wholeNumber(_ text: String) -> Int128? {
  if text.hasPrefix("0x") { return Int128(text.dropFirst(2), radix: 16) }
  if text.hasPrefix("0o") { return Int128(text.dropFirst(2), radix: 8) }
  return Int128(text)
}

/// The slip behind a number that is a text.
private func quoteHint(_ node: YAMLNode) -> String {
  guard case .scalar(let scalar) = node.content, scalar.kind == .string, !scalar.isPlain,
    [.integer, .float].contains(YAMLScalar.Kind(plain: scalar.text))
  else { return "" }
  return "remove the quotes"
}
