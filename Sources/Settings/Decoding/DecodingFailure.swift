/// Why a pass of decoding ended.
struct DecodingFailure: Error {
  /// What is wrong. Empty where the failure only follows from a value that had been excused.
  var problems: [Problem] = []
  /// Keys that the type of a mapping does not know.
  var unknownKeys: [UnknownKey] = []
  /// What the next pass would have to excuse to get further; nil where nothing can stand in for the value.
  var excuse: Excuse?
}

/// A request that failed in an earlier pass and is answered with a stand-in in the next.
struct Excuse: Hashable {
  enum Kind: Hashable { case value, missingKey, unknownKeys }

  let kind: Kind
  let path: SettingsPath
  /// The type that was asked for: another one asked of the same value is another request.
  let type: ObjectIdentifier

  init(_ kind: Kind, _ path: SettingsPath, _ type: Any.Type) {
    (self.kind, self.path, self.type) = (kind, path, ObjectIdentifier(type))
  }
}

/// A key that the type of a mapping does not know.
struct UnknownKey {
  let key: String
  let mark: YAMLMark
  /// The mapping's request for its keys: names the path and the type.
  let container: Excuse
}

/// A value that is not what its type wants; the decoder adds the place.
struct Mismatch: Error {
  let message: String

  init(expected: String, found node: YAMLNode, hint: String = "") {
    message = "expected \(expected), found \(node.found)" + (hint.isEmpty ? "" : "; \(hint)")
  }
}
