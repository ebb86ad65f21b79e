import Synchronization

/// What a run is to do besides serving.
final class RunOrder: Sendable {
  let bounds: RunBounds
  /// The file that the report is written to, `-` for standard output; nil for none.
  let report: String?
  /// When the command was started: what it waited for another run counts.
  let began: ContinuousClock.Instant
  private let ended = Mutex<RunEnd?>(nil)

  init(_ bounds: RunBounds = RunBounds(), report: String? = nil, began: ContinuousClock.Instant = .now) {
    (self.bounds, self.report, self.began) = (bounds, report, began)
  }

  /// Why the run has ended by itself; nil where it has not.
  var end: RunEnd? { ended.withLock { $0 } }

  func finish(_ end: RunEnd) { ended.withLock { $0 = end } }
}
