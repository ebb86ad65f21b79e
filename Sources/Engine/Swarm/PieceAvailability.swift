import Metainfo

/// How many of the connected peers have each piece: the copies that the swarm has besides ours. Four bytes a piece, however many peers.
///
/// Kept only while somebody needs it (super-seeding, unchoke breadth), fed by `bitfield`, `have` and their kin, never by blocks.
package struct PieceAvailability: Sendable {
  private var counts: [UInt32]
  private let ours: Bitfield
  /// How many of our pieces no connected peer has.
  package private(set) var lacking: Int

  /// Nobody has anything yet. Only pieces in `ours` can be lacking: nobody waits for us to give the others.
  package init(ours: Bitfield) {
    (self.ours, lacking) = (ours, ours.population)
    counts = [UInt32](repeating: 0, count: ours.count)
  }

  /// The peers that have a piece; 0 for a piece that there is not.
  package subscript(piece: Int) -> Int { counts.indices.contains(piece) ? Int(counts[piece]) : 0 }

  /// One more peer has the piece.
  package mutating func add(_ piece: Int) {
    guard counts.indices.contains(piece) else { return }
    if counts[piece] == 0, ours[piece] { lacking -= 1 }
    counts[piece] += 1
  }

  /// One peer fewer has the piece.
  package mutating func remove(_ piece: Int) {
    guard counts.indices.contains(piece), counts[piece] > 0 else { return }
    counts[piece] -= 1
    if counts[piece] == 0, ours[piece] { lacking += 1 }
  }

  /// A peer with these pieces has come.
  package mutating func add(_ pieces: Bitfield) {
    for piece in pieces.pieces { add(piece) }
  }

  /// A peer with these pieces is gone.
  package mutating func remove(_ pieces: Bitfield) {
    for piece in pieces.pieces { remove(piece) }
  }
}
