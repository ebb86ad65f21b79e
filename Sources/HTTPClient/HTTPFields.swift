/// Header fields in their order; names are compared without regard to case (RFC 9110, section 5).
package struct HTTPFields: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  /// One field.
  package struct Field: Hashable, Sendable {
    package let name: String
    package let value: String
  }

  /// The fields in the order of the message.
  package private(set) var fields: [Field] = []

  package init() {}

  package init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field(name: $0.0, value: $0.1) }
  }

  /// Adds a field after those that are there.
  package mutating func add(name: String, value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// Removes every field of the name.
  package mutating func remove(_ name: String) {
    fields.removeAll { $0.name.lowercased() == name.lowercased() }
  }

  /// The value of the first field of the name, else nil.
  package subscript(name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}
