/// Settings written down in a test, as the YAML would have them: `["addresses": ["10.0.0.0/8"], "file": "list.txt"]`.
public enum LiteralValue: Sendable, Hashable {
  /// A key without a value.
  case null
  /// True or false.
  case bool(Bool)
  /// A whole number.
  case integer(Int)
  /// Text.
  case text(String)
  /// A list.
  case list([LiteralValue])
  /// Keys and values.
  case mapping([String: LiteralValue])

  /// What it is, for messages.
  var kind: String {
    switch self {
    case .null: "nothing"
    case .bool: "true or false"
    case .integer: "a number"
    case .text: "text"
    case .list: "a list"
    case .mapping: "a mapping"
    }
  }
}

extension LiteralValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral {
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(nilLiteral: ()) { self = .null }
}

extension LiteralValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  public init(arrayLiteral elements: LiteralValue...) { self = .list(elements) }
  public init(dictionaryLiteral elements: (String, LiteralValue)...) { self = .mapping(Dictionary(elements) { $1 }) }
}
