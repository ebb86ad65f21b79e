/// A value of a YAML document with its place.
package struct YAMLNode: Sendable {
  /// The three kinds of values.
  package enum Content: Sendable {
    case scalar(YAMLScalar)
    case sequence([YAMLNode])
    case mapping([YAMLPair])
  }

  package let content: Content
  /// Where the value begins.
  package let mark: YAMLMark

  package init(_ content: Content, mark: YAMLMark) {
    (self.content, self.mark) = (content, mark)
  }

  /// Nothing, as an omitted value is.
  package static func null(at mark: YAMLMark) -> YAMLNode {
    YAMLNode(.scalar(YAMLScalar(text: "", kind: .null, isPlain: true)), mark: mark)
  }

  /// Whether the value is null.
  package var isNull: Bool {
    if case .scalar(let scalar) = content { scalar.kind == .null } else { false }
  }

  /// The value under the key; nil where this is no mapping or has no such key.
  package subscript(key: String) -> YAMLNode? {
    guard case .mapping(let pairs) = content else { return nil }
    return pairs.first { $0.key == key }?.value
  }

  /// What a message says was found.
  var found: String {
    switch content {
    case .scalar(let scalar): scalar.found
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

/// A key of a mapping and its value. Keys are texts and unique within their mapping.
package struct YAMLPair: Sendable {
  package let key: String
  /// Where the key begins.
  package let keyMark: YAMLMark
  package let value: YAMLNode
}
