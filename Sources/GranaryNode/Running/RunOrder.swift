import Foundation
import Storage
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

  /// Puts the report where it was asked for; nil: there is none. A file is replaced in one step, so that nobody reads half of one; what is no file
  /// (a pipe, a device) is written to. Throws where it cannot be.
  func hand(over report: String?) throws {
    guard let place = self.report else { return }
    guard let report else { throw Failure(.diskIO, "the inventory does not say what came of the run", place: place) }
    if place == "-" { return Console.print(report) }
    let line = Array((report + "\n").utf8)
    do {
      if FileStatus(target: place)?.isFile == false {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: place))
        try handle.write(contentsOf: Data(line))
        try handle.close()
      } else {
        try AtomicFile.write(line, to: place)
      }
    } catch {
      throw Failure(
        .cannotCreate, "the report cannot be written: \((error as? StorageError)?.description ?? error.localizedDescription)", place: place)
    }
  }
}
