import Synchronization

/// Counters of one plugin: how often each hook was asked, and how often it threw. Per-block hooks are added in batches by the chain.
package final class PluginStatistics: Sendable {
  package struct Counts: Sendable {
    package var calls: [Hook: UInt64] = [:]
    package var faults: [Hook: UInt64] = [:]
  }

  private let counts = Mutex(Counts())

  package init() {}

  package func count(_ hook: Hook, times: UInt64 = 1) {
    counts.withLock { $0.calls[hook, default: 0] += times }
  }

  package func countFault(_ hook: Hook) {
    counts.withLock { $0.faults[hook, default: 0] += 1 }
  }

  package var snapshot: Counts { counts.withLock { $0 } }
}
