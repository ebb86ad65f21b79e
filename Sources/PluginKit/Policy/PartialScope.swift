import Metainfo

/// A part of an artifact, by bytes: a union of terms, each of which holds the bytes of its files within its pieces.
///
/// Bytes of pad files are in with any piece that a term has: they are zeroes.
public struct PartialScope: Sendable, Hashable {
  /// Pieces and files: a byte is in the term when its piece is and its file is.
  public struct Term: Sendable, Hashable {
    /// The pieces that are in.
    public let pieces: Bitfield
    /// The files that are in, one bit for each file of the layout, in torrent order.
    public let files: Bitfield

    public init(pieces: Bitfield, files: Bitfield) {
      (self.pieces, self.files) = (pieces, files)
    }
  }

  /// The terms, none of which is empty. They may overlap.
  public let terms: [Term]
  /// What a `bitfield` may show: the pieces of which each byte is in.
  public let wholePieces: Bitfield

  /// The bytes that are in at least one of the terms. Costs about one visit for each piece of each file, so it is made once for many peers.
  public init(_ terms: [Term], layout: PieceLayout) {
    self.terms = Self.merged(terms.filter { $0.holdsContent(of: layout) })
    wholePieces = Self.wholePieces(of: self.terms, layout: layout)
  }

  /// The part of an artifact where both these pieces and these files are.
  public init(pieces: Bitfield, files: Bitfield, layout: PieceLayout) {
    self.init([Term(pieces: pieces, files: files)], layout: layout)
  }

  private init(terms: [Term], wholePieces: Bitfield) {
    (self.terms, self.wholePieces) = (terms, wholePieces)
  }

  /// Whether no byte of a file is in.
  public var isEmpty: Bool { terms.isEmpty }

  /// What both parts cover. Both must be of the same layout.
  public func intersection(_ other: PartialScope) -> PartialScope {
    let common = terms.flatMap { one in other.terms.map { one.intersection($0) } }
    return PartialScope(
      terms: Self.merged(common.filter { !$0.pieces.isEmpty && !$0.files.isEmpty }),
      wholePieces: wholePieces.intersection(other.wholePieces))
  }

  /// Whether each byte of the file is in.
  public func covers(file: Int, of layout: PieceLayout) -> Bool {
    guard let range = layout.pieces(ofFile: file) else { return false }
    let there = terms.filter { $0.files[file] }
    return range.allSatisfy { piece in there.contains { $0.pieces[piece] } }
  }

  /// Whether each byte of the block is in. Blocks of whole pieces are answered in O(1).
  public func contains(_ block: Block, in layout: PieceLayout) -> Bool {
    let piece = Int(block.piece)
    if wholePieces[piece] { return layout.contains(block) }
    let there = terms.filter { $0.pieces[piece] }
    guard !there.isEmpty, let extents = layout.extents(of: block) else { return false }
    return extents.allSatisfy { extent in
      layout.files[extent.file].isPadding || there.contains { $0.files[extent.file] }
    }
  }

  /// The same bytes in fewer terms: those of equal files, then those of equal pieces, become one.
  private static func merged(_ terms: [Term]) -> [Term] {
    let byFiles = grouped(terms, by: \.files).map { group in
      Term(pieces: group.dropFirst().reduce(group[0].pieces) { $0.united(with: $1.pieces) }, files: group[0].files)
    }
    return grouped(byFiles, by: \.pieces).map { group in
      Term(pieces: group[0].pieces, files: group.dropFirst().reduce(group[0].files) { $0.united(with: $1.files) })
    }
  }

  /// Groups of at least one term each, in the order of their first.
  private static func grouped(_ terms: [Term], by key: KeyPath<Term, Bitfield>) -> [[Term]] {
    var groups: [[Term]] = []
    var places: [Bitfield: Int] = [:]
    for term in terms {
      if let place = places[term[keyPath: key]] {
        groups[place].append(term)
      } else {
        places[term[keyPath: key]] = groups.count
        groups.append([term])
      }
    }
    return groups
  }

  /// The pieces that some term has, less those where a file has bytes that no term with that piece has.
  private static func wholePieces(of terms: [Term], layout: PieceLayout) -> Bitfield {
    var whole = terms.reduce(Bitfield(count: layout.pieceCount)) { $0.united(with: $1.pieces) }
    // Files of one folder are mostly in the same terms: the union of these terms' pieces is kept from file to file.
    var (holders, held): ([Int], Bitfield) = ([], Bitfield(count: layout.pieceCount))
    for (index, file) in layout.files.enumerated() where !file.isPadding {
      guard let range = layout.pieces(ofFile: index) else { continue }
      let now = terms.indices.filter { terms[$0].files[index] }
      if now != holders {
        holders = now
        held = now.reduce(Bitfield(count: layout.pieceCount)) { $0.united(with: terms[$1].pieces) }
      }
      for piece in range where !held[piece] { whole[piece] = false }
    }
    return whole
  }
}

extension PartialScope.Term {
  func intersection(_ other: Self) -> Self {
    Self(pieces: pieces.intersection(other.pieces), files: files.intersection(other.files))
  }

  /// Whether a byte of a file that is no pad file is in the term.
  func holdsContent(of layout: PieceLayout) -> Bool {
    layout.files.indices.contains { index in
      guard files[index], !layout.files[index].isPadding, let range = layout.pieces(ofFile: index) else { return false }
      return range.contains { pieces[$0] }
    }
  }
}
