import Metainfo

/// How soon a piece is wanted.
package enum PiecePriority: UInt8, Sendable, Hashable, Comparable, CaseIterable {
  /// Not wanted at all.
  case skip = 0
  case low = 1
  case normal = 2
  /// Before all others, and even where others are rarer.
  case high = 3

  package static func < (one: PiecePriority, other: PiecePriority) -> Bool { one.rawValue < other.rawValue }

  /// The pieces' priorities where the files have these, by file index; files that are not named are skipped. A piece is as urgent as the most
  /// urgent file that has a byte of it. Padding is wanted by nobody, and comes with its piece.
  package static func pieces(of layout: PieceLayout, files: [Int: PiecePriority]) -> [PiecePriority] {
    var priorities = [PiecePriority](repeating: .skip, count: layout.pieceCount)
    for (file, priority) in files where layout.files.indices.contains(file) && !layout.files[file].isPadding {
      for piece in layout.pieces(ofFile: file) ?? 0...0 where layout.files[file].length > 0 {
        priorities[piece] = max(priorities[piece], priority)
      }
    }
    return priorities
  }
}
