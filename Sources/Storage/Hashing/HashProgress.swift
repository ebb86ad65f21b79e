import Metainfo
import Synchronization

/// How far hashing or verifying is.
package struct HashProgress: Hashable, Sendable {
  /// Bytes done, of the artifact's pieces.
  package let done: Int64
  /// Bytes in all, padding between files included where v1 hashes cover it.
  package let total: Int64

  package init(done: Int64, total: Int64) {
    (self.done, self.total) = (done, total)
  }
}

/// Adds up what workers have done, and says so one call at a time and never backwards.
final class ProgressMeter: Sendable {
  private let done = Mutex<Int64>(0)
  private let total: Int64
  private let report: @Sendable (HashProgress) -> Void

  init(_ layout: PieceLayout, _ report: @escaping @Sendable (HashProgress) -> Void) {
    total = layout.isFileAligned ? layout.contentLength : layout.span
    self.report = report
  }

  func add(_ bytes: Int64) {
    // Reported under the lock, so that reports keep their order.
    done.withLock { done in
      done += bytes
      report(HashProgress(done: done, total: total))
    }
  }
}
