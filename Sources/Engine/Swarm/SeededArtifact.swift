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

  /// Bytes of the pieces that we do not have.
  var missing: Int64 {
    guard !have.isFull else { return 0 }
    let layout = facts.layout
    return (0..<layout.pieceCount).reduce(0) { $0 + (have[$1] ? 0 : Int64(layout.length(ofPiece: $1) ?? 0)) }
  }
}
