import Metainfo

/// An artifact as a list shows it: everything but its .torrent, its files and its pieces, which are asked for apart.
package struct Artifact: Hashable, Sendable {
  package let id: ArtifactID
  /// The operator's name for it; not necessarily unique.
  package let name: String
  package let infoHash: InfoHash
  /// Bytes a piece.
  package let pieceLength: Int
  package let pieceCount: Int
  /// Bytes of content, pad files excluded.
  package let size: Int64
  /// The number of files, pad files excluded.
  package let fileCount: Int
  /// BEP 27.
  package let isPrivate: Bool
  /// Whether its torrent is an SSL torrent.
  package let isSSL: Bool
  /// Where the .torrent was written, if anywhere.
  package let torrentPath: String?
  /// The folder that holds its file or folder.
  package let dataRoot: String
  package let state: ArtifactState
  /// Why it is in that state; empty where there is nothing to say.
  package let stateReason: String
  package let addedAt: Timestamp
  /// When it came into its state.
  package let stateAt: Timestamp
  package let labels: [String: String]
  /// How many pieces the evidence covers; nil where there is no evidence.
  package let verifiedPieces: Int?
}
