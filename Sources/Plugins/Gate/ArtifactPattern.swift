import Metainfo
internal import PluginKit

/// What names artifacts in a rule: a name (`app-*`), at least eight digits of an info-hash, or a label (`label:channel=stable-*`).
enum ArtifactPattern: Sendable, Hashable {
  case name(Glob)
  /// Text that can be the beginning of an info-hash is a name as well.
  case infoHash(prefix: String, name: Glob)
  case label(key: Glob, value: Glob)

  init(_ text: String) throws(Glob.Problem) {
    if text.hasPrefix("label:") {
      self = try Self.label(text.dropFirst("label:".count))
    } else if Self.isInfoHash(text) {
      self = .infoHash(prefix: text.lowercased(), name: try Glob(text, .name))
    } else {
      self = .name(try Glob(text, .name))
    }
  }

  /// Every artifact, by its name.
  static let everything = try? ArtifactPattern("*")

  func matches(_ artifact: ArtifactFacts) -> Bool {
    switch self {
    case .name(let glob): glob.matches(artifact.name)
    case .infoHash(let prefix, let name):
      artifact.infoHash.v1?.description.hasPrefix(prefix) == true || artifact.infoHash.v2?.description.hasPrefix(prefix) == true
        || name.matches(artifact.name)
    case .label(let key, let value): artifact.labels.contains { key.matches($0.key) && value.matches($0.value) }
    }
  }

  private static func label(_ text: Substring) throws(Glob.Problem) -> ArtifactPattern {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw Glob.Problem(description: "a label is written label:KEY=VALUE") }
    guard !parts[1].isEmpty else { throw Glob.Problem(description: "the label's value is empty: write label:\(parts[0])=* for any value") }
    return .label(key: try Glob(String(parts[0]), .name), value: try Glob(String(parts[1]), .name))
  }

  private static func isInfoHash(_ text: String) -> Bool {
    (8...64).contains(text.utf8.count) && text.utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
  }
}
