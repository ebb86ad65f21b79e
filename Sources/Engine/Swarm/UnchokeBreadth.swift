/// How many peers of swarms that lack pieces are served at once, where an upload limit is what they wait for.
///
/// A swarm lives on whole pieces: what a peer has half of, it cannot pass on. So, while only we have some of the pieces, few are served, each
/// fast enough to finish a piece in a few seconds; when the swarm has everything, or nothing limits us, all are.
package struct UnchokeBreadth: Sendable {
  /// The time in which a slot should bring a piece.
  package static let pieceTime = Duration.seconds(5)
  /// Never fewer than this: one slow peer must not leave the limit unused.
  package static let fewest = 4

  /// Bytes a second for all peers together; nil for no limit.
  private let rate: Int64?

  package init(rate: Int64?) {
    self.rate = rate
  }

  /// The slots for peers of swarms that lack pieces, by the pieces' lengths in bytes, one for each such swarm; nil: no bound.
  package func slots(lacking pieceLengths: [Int]) -> Int? {
    guard let rate, let longest = pieceLengths.max(), longest > 0 else { return nil }
    let pieces = Double(rate) * (Self.pieceTime / .seconds(1)) / Double(longest)
    return max(Self.fewest, Int(min(pieces, 1e6)))
  }
}
