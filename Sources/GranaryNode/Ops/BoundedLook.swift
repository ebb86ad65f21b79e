import Synchronization

/// Looks at something that may hang, and never waits for it longer than a moment: one look at a time, however many ask, and what the last
/// one has seen is kept.
final class BoundedLook<Value: Sendable>: Sendable {
  /// What is known.
  struct Seen: Sendable {
    /// What was seen last; nil before the first look has come back.
    var value: Value?
    var at: ContinuousClock.Instant?
    /// Why the last look failed; nil where it did not.
    var problem: String?
    /// Whether the look that was asked for, or one not long ago, has come back with a value.
    var isUp = false
  }

  private struct State {
    var seen = Seen()
    var isLooking = false
    var waiting: [UInt64: CheckedContinuation<Seen, Never>] = [:]
    var nextWaiter: UInt64 = 0
  }

  /// What was seen so long ago is good enough.
  private let lifetime: Duration
  private let patience: Duration
  private let body: @Sendable () async throws -> Value
  private let state = Mutex(State())

  init(lifetime: Duration = .zero, patience: Duration, _ body: @escaping @Sendable () async throws -> Value) {
    (self.lifetime, self.patience, self.body) = (lifetime, patience, body)
  }

  /// What is known once a look has come back, or waiting for it has lasted long enough.
  func look() async -> Seen {
    let (fresh, mustBegin) = state.withLock { state in
      let isFresh = state.seen.isUp && state.seen.at.map { ContinuousClock.now - $0 < lifetime } == true
      if !isFresh { state.seen.isUp = false }
      let mustBegin = !isFresh && !state.isLooking
      if mustBegin { state.isLooking = true }
      return (isFresh ? state.seen : nil, mustBegin)
    }
    if let fresh { return fresh }
    if mustBegin { Task { await run() } }
    return await wait()
  }

  private func run() async {
    let result: Result<Value, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    let (waiting, seen) = state.withLock { state in
      switch result {
      case .success(let value): state.seen = Seen(value: value, at: .now, problem: nil, isUp: true)
      case .failure(let error): (state.seen.problem, state.seen.isUp) = (Failure(error).lines.first?.message ?? "", false)
      }
      state.isLooking = false
      defer { state.waiting = [:] }
      return (Array(state.waiting.values), state.seen)
    }
    // What this look has seen, whatever the next one is at by the time they run.
    for waiter in waiting { waiter.resume(returning: seen) }
  }

  private func wait() async -> Seen {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    let alarm = Task { [patience] in
      try? await Task.sleep(for: patience)
      let (waiter, seen) = state.withLock { ($0.waiting.removeValue(forKey: number), $0.seen) }
      waiter?.resume(returning: seen)
    }
    let seen = await withCheckedContinuation { continuation in
      let over: Seen? = state.withLock { state in
        guard state.isLooking else { return state.seen }
        state.waiting[number] = continuation
        return nil
      }
      if let over { continuation.resume(returning: over) }
    }
    alarm.cancel()
    return seen
  }
}
