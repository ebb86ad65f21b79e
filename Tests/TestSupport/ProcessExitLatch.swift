import Dispatch
import Synchronization

/// Remembers how a process ended, and wakes whoever waits for it.
final class ProcessExitLatch: Sendable {
  private struct State {
    var exit: ProcessExit?
    var waiters: [Int: CheckedContinuation<ProcessExit?, Never>] = [:]
    var nextWaiter = 0
  }

  private let state = Mutex(State())

  /// How it ended; nil while it runs.
  var exit: ProcessExit? { state.withLock { $0.exit } }

  /// To be called once, when the process has ended.
  func close(_ exit: ProcessExit) {
    let waiters = state.withLock { state in
      state.exit = exit
      defer { state.waiters = [:] }
      return state.waiters
    }
    for waiter in waiters.values { waiter.resume(returning: exit) }
  }

  /// How the process ended; nil if it still runs when the time is over.
  func wait(within limit: Duration) async -> ProcessExit? {
    await withCheckedContinuation { continuation in
      guard let waiter = enqueue(continuation) else { return }
      DispatchQueue.global().asyncAfter(deadline: .now() + limit.seconds) { self.giveUp(waiter) }
    }
  }

  private func enqueue(_ continuation: CheckedContinuation<ProcessExit?, Never>) -> Int? {
    let (waiter, exit): (Int?, ProcessExit?) = state.withLock { state in
      if let exit = state.exit { return (nil, exit) }
      state.nextWaiter += 1
      state.waiters[state.nextWaiter] = continuation
      return (state.nextWaiter, nil)
    }
    if waiter == nil { continuation.resume(returning: exit) }
    return waiter
  }

  private func giveUp(_ waiter: Int) {
    state.withLock { $0.waiters.removeValue(forKey: waiter) }?.resume(returning: nil)
  }
}

extension Duration {
  /// The duration as seconds.
  package var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
