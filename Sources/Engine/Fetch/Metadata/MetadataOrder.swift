import Metainfo
import PluginKit

/// A magnet link's artifact, of which only what names it is known.
package struct MetadataOrder: Sendable {
  /// The caller's number for it, which no artifact has.
  package let id: Int64
  package let infoHash: InfoHash
  /// What it is called until its name is known.
  package let name: String
  package let labels: [String: String]

  package init(id: Int64, infoHash: InfoHash, name: String, labels: [String: String] = [:]) {
    (self.id, self.infoHash, self.name, self.labels) = (id, infoHash, name, labels)
  }

  /// What policy knows of it: a name and info-hashes. Nobody can be granted any of its pieces, for it has none yet.
  var facts: ArtifactFacts {
    ArtifactFacts(id: id, infoHash: infoHash, name: name, labels: labels, isPrivate: true, layout: Self.nothing)
  }

  static let nothing = PieceLayout(files: [], pieceLength: Block.standardLength, isFileAligned: false)
}

/// Why an info dictionary that is the magnet link's cannot be used.
package struct MetadataFailure: Error, Sendable, Hashable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
