import Metainfo

/// What hashing gives: all that the builder of a torrent still lacks, and the evidence of what was hashed.
package struct HashedArtifact: Hashable, Sendable {
  /// SHA-1 of each piece, 20 bytes each; empty for v2.
  package let pieceHashes: [UInt8]
  /// For v2, by index into the layout's files: each non-empty file's piece layer, 32 bytes a piece; for a file that fits in one
  /// piece, its root.
  package let pieceLayers: [Int: [UInt8]]
  /// By index into the layout's files: what each file was before and after; nil for pad files and links.
  package let identities: [FileIdentity?]
  /// By index into the layout's files: where each lies below the scan's root; empty for pad files.
  package let paths: [[String]]
}
