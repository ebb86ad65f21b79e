import Metainfo

/// Who gave which block of pieces that failed, with the blocks' digests, until it is known what is right.
///
/// Bounded: so many tries of a piece and so many blocks in all; the oldest piece is forgotten first.
struct BlameBook: Sendable {
  private struct Try: Sendable {
    let givers: [PeerNumber?]
    let digests: [SHA256Digest]
  }

  static let triesOfAPiece = 4
  static let mostBlocks = 65_536

  private var tries: [Int: [Try]] = [:]
  private var order: [Int] = []
  private var blockCount = 0

  func knows(_ piece: Int) -> Bool { tries[piece] != nil }

  mutating func record(_ piece: Int, givers: [PeerNumber?], digests: [SHA256Digest]) {
    guard !digests.isEmpty, tries[piece]?.count ?? 0 < Self.triesOfAPiece else { return }
    if tries[piece] == nil { order.append(piece) }
    tries[piece, default: []].append(Try(givers: givers, digests: digests))
    blockCount += digests.count
    while blockCount > Self.mostBlocks, let oldest = order.first { forget(oldest) }
  }

  mutating func forget(_ piece: Int) {
    blockCount -= tries.removeValue(forKey: piece)?.reduce(0) { $0 + $1.digests.count } ?? 0
    order.removeAll { $0 == piece }
  }

  /// The blocks that each peer gave wrongly, now that it is known what is right.
  func wrongBlocks(of piece: Int, truth: [SHA256Digest]) -> [PeerNumber: [Int]] {
    var wrong: [PeerNumber: Set<Int>] = [:]
    for attempt in tries[piece] ?? [] {
      for index in attempt.digests.indices where index < truth.count && index < attempt.givers.count {
        if let giver = attempt.givers[index], attempt.digests[index] != truth[index] { wrong[giver, default: []].insert(index) }
      }
    }
    return wrong.mapValues { $0.sorted() }
  }
}
