/// Settings written down in a test: `["addresses": ["10.0.0.0/8"], "file": "list.txt"]`.
package enum LiteralValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  case text(String)
  case list([LiteralValue])
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
  package init(stringLiteral value: String) { self = .text(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(nilLiteral: ()) { self = .null }
}

extension LiteralValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  package init(arrayLiteral elements: LiteralValue...) { self = .list(elements) }
  package init(dictionaryLiteral elements: (String, LiteralValue)...) { self = .mapping(Dictionary(elements) { $1 }) }
}
