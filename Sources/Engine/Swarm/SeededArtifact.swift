import Metainfo
import PluginKit
import Storage

/// An artifact that is in service: its torrent, where its bytes are, and which pieces have been verified.
package struct SeededArtifact: Sendable {
  /// What policy knows of it.
  package let facts: ArtifactFacts
  /// Its torrent.
  package let torrent: Torrent
  /// Reads its blocks.
  package let reader: ArtifactReader
  /// The pieces that are verified and may be served.
  package let have: Bitfield

  package init(facts: ArtifactFacts, torrent: Torrent, reader: ArtifactReader, have: Bitfield) {
    (self.facts, self.torrent, self.reader, self.have) = (facts, torrent, reader, have)
  }
}
