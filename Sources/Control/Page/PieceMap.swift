import Metainfo

/// Which pieces there are, in few characters: what a page draws. As long as `cells` says, however many pieces there are.
package struct PieceMap: Codable, Sendable, Hashable {
  /// Pieces of the torrent, and how many of them there are.
  package let pieces: Int
  package let held: Int
  /// A digit for each cell, equal parts of the torrent in order: 0 for none of its pieces, 9 for all, between them for the share. Nil where
  /// all cells would be alike.
  package let cells: String?

  /// The map of what is held, in at most so many cells.
  package init(_ have: Bitfield, cells most: Int) {
    (pieces, held) = (have.count, have.population)
    let isUniform = held == 0 || held == pieces
    cells =
      isUniform
      ? nil
      : PieceCells(pieces: have.count, most: most).map { range in
        Self.digit(held: range.reduce(0) { have[$1] ? $0 + 1 : $0 }, of: range.count)
      }
  }

  /// A map of which the pieces are not known, only their number.
  package init(pieces: Int, held: Int) {
    (self.pieces, self.held, cells) = (pieces, held, nil)
  }

  /// All and none have digits of their own, however near the share comes to them.
  static func digit(held: Int, of count: Int) -> Character {
    if held <= 0 { return "0" }
    if held >= count { return "9" }
    return Character("\(1 + held * 8 / count)")
  }
}

/// How many of the connected peers have each part of a torrent.
package struct SwarmMap: Codable, Sendable, Hashable {
  /// Peers whose pieces are counted here, of those that are connected.
  package let counted: Int
  package let connected: Int
  /// The copies that the peers have of the rarest piece.
  package let rarest: Int
  /// A digit to base 36 for each cell: the copies of its rarest piece, 35 for more.
  package let cells: String

  /// - Parameter peers: what each has, at least some of those that are connected.
  package init(_ peers: [Bitfield], connected: Int, pieces: Int, cells most: Int) {
    var copies = [Int](repeating: 0, count: max(0, pieces))
    for peer in peers {
      for piece in copies.indices where peer[piece] { copies[piece] += 1 }
    }
    (counted, self.connected, rarest) = (peers.count, connected, copies.min() ?? 0)
    cells = PieceCells(pieces: copies.count, most: most).map { range in Self.digit(copies[range].min() ?? 0) }
  }

  static func digit(_ copies: Int) -> Character {
    String(min(35, max(0, copies)), radix: 36).first ?? "0"
  }
}

/// Equal parts of a torrent's pieces, in order.
struct PieceCells {
  let pieces: Int
  let count: Int

  init(pieces: Int, most: Int) {
    self.pieces = max(0, pieces)
    count = min(self.pieces, max(1, most))
  }

  /// A character for each of them.
  func map(_ digit: (Range<Int>) -> Character) -> String {
    String((0..<count).map { digit(($0 * pieces / count)..<(($0 + 1) * pieces / count)) })
  }
}
