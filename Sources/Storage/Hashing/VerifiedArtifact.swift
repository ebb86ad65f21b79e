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

  /// The pieces whose every hash is right, those of files that are too long left out.
  package let pieces: Bitfield
  /// By file index: what each file was before and after; nil for pad files, links, and whatever is missing or changed meanwhile.
  package let identities: [FileIdentity?]
  /// By file index: where each was looked for below the root.
  package let paths: [[String]]
  /// What is wrong with files, at most one for each, ascending. A file whose bytes are wrong, but all there, is not among them.
  package let problems: [Problem]
  /// Whether it was ended before all pieces were looked at.
  package let wasCancelled: Bool
  /// How many files have content on disk: neither padding nor links.
  package let contentFiles: Int

  /// The first piece that is not right, in words with its file and where in it the piece begins; nil where all are.
  package func firstBadPiece(in layout: PieceLayout, root: String) -> String? {
    let spans = FileSpans(layout)
    guard let piece = (0..<pieces.count).first(where: { !pieces[$0] }), let range = spans.range(ofPiece: piece),
      let index = spans.index(at: range.lowerBound)
    else { return nil }
    // A pad file has no place on disk: the file before it is the piece's, or the one that follows.
    let nearby = [index] + Array(spans.spans.indices.filter { $0 > index })
    guard let place = nearby.first(where: { !spans.spans[$0].isPadding }).map({ spans.spans[$0] }), paths.indices.contains(place.file)
    else { return nil }
    let offset = max(0, range.lowerBound - place.begin)
    return "piece \(piece) does not verify: \(BeneathRoot.display(root, paths[place.file])) at byte \(offset)"
  }

  /// Whether every piece is right and nothing is wrong with any file.
  package var isComplete: Bool { pieces.isFull && problems.isEmpty && !wasCancelled }
}
