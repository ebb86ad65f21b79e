import PluginKit
import Synchronization

/// A hook that a recording plugin was called in.
package struct RecordedCall: Sendable, Hashable, CustomStringConvertible {
  /// The hook.
  package let hook: Hook
  /// What it was called with, in words; the level for hooks that several roles have.
  package let detail: String
  /// The peer, for hooks that are about one.
  package let peer: PeerAddress?

  package var description: String { detail.isEmpty ? hook.rawValue : "\(hook.rawValue) \(detail)" }
}

/// The calls of a recording plugin on all its levels and loops, in the order in which they came.
package final class RecordingLog: Sendable {
  private struct Waiter {
    let predicate: @Sendable ([RecordedCall]) -> Bool
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var calls: [RecordedCall] = []
    var waiters: [Int: Waiter] = [:]
    var nextWaiter = 0
  }

  private let state = Mutex(State())

  package init() {}

  /// Every call so far.
  package var calls: [RecordedCall] { state.withLock { $0.calls } }

  /// The calls so far as text, without those of hooks that come by themselves.
  package func transcript(without hooks: Set<Hook> = [.tick]) -> [String] {
    calls.filter { !hooks.contains($0.hook) }.map(\.description)
  }

  /// The calls of one hook.
  package func calls(of hook: Hook) -> [RecordedCall] { calls.filter { $0.hook == hook } }

  /// Waits until a call of this hook (and detail, where one is given) is there.
  package func wait(for hook: Hook, _ detail: String? = nil) async {
    await wait { calls in calls.contains { $0.hook == hook && (detail == nil || $0.detail == detail) } }
  }

  /// Waits until the calls are as wanted, or the task is cancelled.
  package func wait(until predicate: @escaping @Sendable ([RecordedCall]) -> Bool) async {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDone = state.withLock { state in
          if predicate(state.calls) || Task.isCancelled { return true }
          state.waiters[number] = Waiter(predicate: predicate, continuation: continuation)
          return false
        }
        if isDone { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume()
    }
  }

  func record(_ hook: Hook, _ detail: String, _ peer: PeerAddress?) {
    let satisfied = state.withLock { state in
      state.calls.append(RecordedCall(hook: hook, detail: detail, peer: peer))
      let done = state.waiters.filter { $0.value.predicate(state.calls) }
      for number in done.keys { state.waiters[number] = nil }
      return done.values.map(\.continuation)
    }
    for continuation in satisfied { continuation.resume() }
  }
}
