import Synchronization

/// Deals out the pieces of an artifact to its workers, a run of neighbours at a time, so that one large file keeps all cores busy.
final class PieceQueue: Sendable {
  /// The bytes that a run is meant to have: enough for a disk to read ahead, few enough for the cores to finish together.
  private static let runLength = 4 << 20

  private let count: Int
  private let run: Int
  private let next = Atomic(0)
  private let stopped = Atomic(false)

  init(pieceCount: Int, pieceLength: Int, threads: Int) {
    count = pieceCount
    run = max(1, min(Self.runLength / max(1, pieceLength), pieceCount / (4 * max(1, threads))))
  }

  /// The next run of pieces; nil at the end, or once stopped.
  func take() -> Range<Int>? {
    guard !stopped.load(ordering: .relaxed) else { return nil }
    let first = next.add(run, ordering: .relaxed).oldValue
    return first < count ? first..<min(first + run, count) : nil
  }

  /// Whether the work is over before its end.
  var isStopped: Bool { stopped.load(ordering: .relaxed) }

  func stop() { stopped.store(true, ordering: .relaxed) }
}
