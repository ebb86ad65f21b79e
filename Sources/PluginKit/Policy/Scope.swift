import Metainfo

/// What of an artifact a verdict about `request` covers.
public enum Scope: Sendable, Hashable {
  /// All of it.
  case everything
  /// A piece or a file of it.
  case part(PartialScope)

  /// What both scopes cover.
  public func intersection(_ other: Scope) -> Scope {
    switch (self, other) {
    case (.everything, let rest), (let rest, .everything): rest
    case (.part(let one), .part(let two)): .part(one.intersection(two))
    }
  }
}

/// A part of an artifact, by bytes: the pieces and the files that are in it. A byte is in when its piece is and its file is.
///
/// Bytes of pad files are in with any piece: they are zeroes.
public struct PartialScope: Sendable, Hashable {
  /// The pieces that are in.
  public let pieces: Bitfield
  /// The files that are in, one bit for each file of the layout, in torrent order.
  public let files: Bitfield
  /// What a `bitfield` may show: the pieces that lie wholly within.
  public let wholePieces: Bitfield

  /// The part of an artifact where both these pieces and these files are.
  public init(pieces: Bitfield, files: Bitfield, layout: PieceLayout) {
    (self.pieces, self.files) = (pieces, files)
    var whole = pieces
    for (index, file) in layout.files.enumerated() where !file.isPadding && !files[index] {
      guard let range = layout.pieces(ofFile: index) else { continue }
      for piece in range { whole[piece] = false }
    }
    wholePieces = whole
  }

  private init(pieces: Bitfield, files: Bitfield, wholePieces: Bitfield) {
    (self.pieces, self.files, self.wholePieces) = (pieces, files, wholePieces)
  }

  /// What both parts cover.
  public func intersection(_ other: PartialScope) -> PartialScope {
    PartialScope(
      pieces: pieces.intersection(other.pieces), files: files.intersection(other.files),
      wholePieces: wholePieces.intersection(other.wholePieces))
  }

  /// Whether the whole file is in.
  public func covers(file: Int, of layout: PieceLayout) -> Bool {
    guard files[file] else { return false }
    return layout.pieces(ofFile: file).map { range in range.allSatisfy { pieces[$0] } } ?? true
  }

  /// Whether each byte of the block is in. Blocks of whole pieces are answered in O(1).
  public func contains(_ block: Block, in layout: PieceLayout) -> Bool {
    if wholePieces[Int(block.piece)] { return layout.contains(block) }
    guard pieces[Int(block.piece)], let extents = layout.extents(of: block) else { return false }
    return extents.allSatisfy { layout.files[$0.file].isPadding || files[$0.file] }
  }
}
