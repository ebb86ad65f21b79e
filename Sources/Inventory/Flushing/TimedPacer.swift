import Dispatch
import Synchronization

/// Flushes at a steady pace, and at once when woken.
package final class TimedPacer: FlushPacer {
  private struct State {
    var isWoken = false
    var isStopped = false
  }

  private let interval: Duration
  private let state = Mutex(State())
  private let signal = DispatchSemaphore(value: 0)

  package init(every interval: Duration = .milliseconds(250)) {
    self.interval = interval
  }

  package func wait() -> Bool {
    _ = signal.wait(timeout: .now() + interval / .seconds(1))
    return state.withLock { state in
      state.isWoken = false
      return !state.isStopped
    }
  }

  package func wake() {
    let isNew = state.withLock { state in
      defer { state.isWoken = true }
      return !state.isWoken
    }
    if isNew { signal.signal() }
  }

  package func stop() {
    state.withLock { $0.isStopped = true }
    signal.signal()
  }
}
