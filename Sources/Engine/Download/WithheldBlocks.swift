import Metainfo

/// The blocks that a plugin's `writeRequest` has kept us from asking of one peer, until when each.
///
/// Bounded: beyond `most` blocks the peer is asked for nothing until the first of them may be asked for again.
struct WithheldBlocks: Sendable {
  typealias Instant = ContinuousClock.Instant

  /// Blocks that are remembered at most.
  static let most = 32_768

  /// By piece and block index; nil: for as long as the connection lasts.
  private var blocks: [Int: [Int: Instant?]] = [:]
  private var count = 0
  private var firstEnd: Instant?
  /// Pieces of which every block is withheld; nil where there is none. Passed over without a look at their blocks.
  private(set) var whole: PieceSet?

  var isEmpty: Bool { count == 0 }
  var isFull: Bool { count >= Self.most }

  func contains(_ piece: Int, _ index: Int) -> Bool { blocks[piece]?[index] != nil }

  func hides(_ piece: Int) -> Bool { whole?[piece] == true }

  /// - Parameter count: how many blocks of the piece can be asked for.
  mutating func insert(_ piece: Int, _ index: Int, of count: Int, until: Instant?, pieceCount: Int) {
    let former = blocks[piece, default: [:]].updateValue(until, forKey: index)
    if former == nil { self.count += 1 }
    if let until { firstEnd = min(firstEnd ?? until, until) }
    guard blocks[piece]?.count == count else { return }
    var pieces = whole ?? PieceSet(count: pieceCount)
    pieces[piece] = true
    whole = pieces
  }

  /// Forgets what may be asked for again. Costs nothing before the first end.
  mutating func expire(_ now: Instant) {
    guard let end = firstEnd, now >= end else { return }
    firstEnd = nil
    count = 0
    for piece in Array(blocks.keys) {
      let before = blocks[piece]?.count ?? 0
      let kept = blocks[piece]?.filter { entry in entry.value.map { $0 > now } ?? true } ?? [:]
      blocks[piece] = kept.isEmpty ? nil : kept
      count += kept.count
      if kept.count < before { whole?[piece] = false }
      for case let until? in kept.values { firstEnd = min(firstEnd ?? until, until) }
    }
  }
}
