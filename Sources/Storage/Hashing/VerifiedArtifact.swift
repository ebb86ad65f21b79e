import Metainfo

/// What is there of a torrent's data.
package struct VerifiedArtifact: Hashable, Sendable {
  /// Something wrong with one file.
  package struct Problem: Hashable, Sendable {
    /// The index in the layout's files.
    package let file: Int
    /// What is wrong, with the path.
    package let error: StorageError
  }

  /// The pieces whose every hash is right.
  package let pieces: Bitfield
  /// By file index: what each file was before and after; nil for pad files, links, and whatever is missing or changed meanwhile.
  package let identities: [FileIdentity?]
  /// By file index: where each was looked for below the root.
  package let paths: [[String]]
  /// What is wrong with files, at most one for each, ascending. A file whose bytes are wrong, but all there, is not among them.
  package let problems: [Problem]
  /// Whether it was ended before all pieces were looked at.
  package let wasCancelled: Bool

  /// Whether every piece is right and nothing is wrong with any file.
  package var isComplete: Bool { pieces.isFull && problems.isEmpty && !wasCancelled }
}
