import Dispatch
import Foundation

/// The background thread that flushes the journal and the ledger. A thread of its own, because a hanging disk would otherwise hold one of
/// the few threads that all tasks share.
package final class InventoryFlusher: Sendable {
  private let sinks: [any Flushable]
  private let pacer: any FlushPacer
  private let finished = DispatchSemaphore(value: 0)

  /// Starts the thread. It ends only by `stop`.
  package init(_ sinks: [any Flushable], pacer: any FlushPacer) {
    (self.sinks, self.pacer) = (sinks, pacer)
    let thread = Thread { [sinks, pacer, finished] in
      while pacer.wait() { Self.flush(sinks) }
      Self.flush(sinks)
      finished.signal()
    }
    thread.name = "granary-flush"
    thread.start()
  }

  /// Flushes a last time, ends the thread and waits for its end. Not for event loops. Later calls return at once.
  package func stop() {
    pacer.stop()
    finished.wait()
    finished.signal()
  }

  private static func flush(_ sinks: [any Flushable]) {
    for sink in sinks {
      // Each sink keeps what it could not store and says so in its status.
      try? sink.flush()
    }
  }
}
