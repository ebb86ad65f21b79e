import PluginKit
import Synchronization

/// What plugins did since the start, by name: a reload makes each anew, and its counts go on here.
final class PluginTally: Sendable {
  struct Counts: Sendable {
    var calls: [Hook: UInt64] = [:]
    var faults: [Hook: UInt64] = [:]
    var late: [Hook: UInt64] = [:]
    var seconds: [Hook: Double] = [:]
    var shadowed: UInt64 = 0

    mutating func add(_ counts: PluginStatistics.Counts) {
      calls.merge(counts.calls, uniquingKeysWith: &+)
      faults.merge(counts.faults, uniquingKeysWith: &+)
      late.merge(counts.late, uniquingKeysWith: &+)
      seconds.merge(counts.time.mapValues { $0 / .seconds(1) }, uniquingKeysWith: +)
      shadowed &+= counts.shadowed
    }
  }

  private struct State {
    var former: [String: Counts] = [:]
    var live: [InstalledPlugin] = []
  }

  private let state = Mutex(State())

  /// To be called with each pipeline that comes into force, and may be at any time.
  func turn(to pipeline: Pipeline) {
    state.withLock { state in
      for gone in state.live where !pipeline.plugins.contains(where: { $0 === gone }) {
        state.former[gone.name, default: Counts()].add(gone.statistics.snapshot)
      }
      state.live = pipeline.plugins
    }
  }

  var counts: [String: Counts] {
    state.withLock { state in
      var counts = state.former
      for installed in state.live { counts[installed.name, default: Counts()].add(installed.statistics.snapshot) }
      return counts
    }
  }
}
