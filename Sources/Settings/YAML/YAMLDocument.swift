/// What a document may take.
package struct YAMLLimits: Sendable {
  /// Bytes of the file.
  package var size = 1 << 20
  /// Values within values.
  package var depth = 64
  /// Values, keys included.
  package var nodes = 100_000
  /// Problems that are collected before reading stops.
  package var problems = 50

  package init() {}
}

/// A YAML file as a tree of values with places.
///
/// Stricter than YAML: one document, keys are texts and unique, no anchors, aliases and merge keys, no tags but the core schema's.
package struct YAMLDocument: Sendable {
  /// The file's name in messages.
  package let file: String
  /// The document's value; null at 1:1 where the file says nothing.
  package let root: YAMLNode

  /// Reads the bytes. Throws every problem that can be seen before the first one that ends the reading.
  package init(parsing bytes: [UInt8], file: String, limits: YAMLLimits = YAMLLimits()) throws(SettingsErrors) {
    guard bytes.count <= limits.size else {
      let message = "the file has more than \(limits.size) bytes; no more are read"
      throw SettingsErrors([SettingsErrorLine(place: file, message: message)])
    }
    self.file = file
    root = try YAMLComposer.compose(Self.withoutByteOrderMark(bytes), file: file, limits: limits)
  }

  private static func withoutByteOrderMark(_ bytes: [UInt8]) -> [UInt8] {
    bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
  }
}
