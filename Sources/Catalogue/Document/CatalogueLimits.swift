internal import Metainfo

/// What a catalogue may cost whoever reads it. Each is checked before anything is made of what it bounds.
package enum CatalogueLimits {
  /// Bytes of a catalogue with its signature.
  package static let bytes = 8 << 20
  /// Artifacts of a catalogue.
  package static let entries = 20_000
  /// Bytes of a catalogue's name.
  static let name = 128
  /// Bytes of an artifact's name.
  static let artifactName = 255
  static let versionText = 64
  static let labels = 32
  static let labelKey = 64
  static let labelValue = 255
  /// Bytes of a relative path.
  static let path = 255
  /// Bytes of a .torrent that a catalogue may lead to.
  package static let torrent = 64 << 20

  static let body = BencodeLimits(size: bytes, depth: 4, tokens: entries * 30)
  static let envelope = BencodeLimits(size: bytes, depth: 2, tokens: 16)

  static func textProblem(_ limit: Int) -> String { "expected a text of 1 to \(limit) bytes without control characters" }

  /// Whether a text has a length within bounds, in bytes, and nothing that would move a cursor or end a line.
  static func isText(_ text: String, _ length: ClosedRange<Int>) -> Bool {
    length.contains(text.utf8.count) && text.unicodeScalars.allSatisfy { !isControl($0) }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  /// Whether it is one or more plain segments: nothing that leads to another host, up, or into a query.
  static func isRelativePath(_ text: String) -> Bool {
    guard (1...path).contains(text.utf8.count) else { return false }
    return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { segment in
      !segment.isEmpty && segment.utf8.first != UInt8(ascii: ".") && segment.utf8.allSatisfy(isPathByte)
    }
  }

  private static func isPathByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(byte)
    }
  }
}
