import Synchronization

/// A clock that stands still until a test moves it; who sleeps wakes when it has been moved far enough.
final class SteppedClock: Clock {
  struct Instant: InstantProtocol {
    let since: Duration

    func advanced(by duration: Duration) -> Instant { Instant(since: since + duration) }
    func duration(to other: Instant) -> Duration { other.since - since }
    static func < (one: Instant, other: Instant) -> Bool { one.since < other.since }
  }

  private struct State {
    var now = Duration.zero
    var sleepers: [UInt64: (until: Duration, continuation: CheckedContinuation<Void, any Error>)] = [:]
    var numbers: UInt64 = 0
  }

  private let state = Mutex(State())

  var now: Instant { Instant(since: state.withLock { $0.now }) }
  var minimumResolution: Duration { .zero }

  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    let number = state.withLock { state in
      state.numbers += 1
      return state.numbers
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let isOver = state.withLock { state in
          if Task.isCancelled || state.now >= deadline.since { return true }
          state.sleepers[number] = (deadline.since, continuation)
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.sleepers.removeValue(forKey: number) }?.continuation.resume(throwing: CancellationError())
    }
  }

  func advance(by duration: Duration) {
    let awake = state.withLock { state in
      state.now += duration
      let due = state.sleepers.filter { $0.value.until <= state.now }
      for number in due.keys { state.sleepers[number] = nil }
      return due.values.map(\.continuation)
    }
    for continuation in awake { continuation.resume() }
  }
}
