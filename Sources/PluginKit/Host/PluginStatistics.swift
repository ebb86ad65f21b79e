import Synchronization

/// What a plugin does to us: how often each hook was asked, threw and was late, how long it took, and whether the plugin is tripped.
///
/// Hooks that are asked for each block are timed now and then only, and added in batches by the chain.
package final class PluginStatistics: Sendable {
  package struct Counts: Sendable {
    /// How often each hook was called.
    package var calls: [Hook: UInt64] = [:]
    /// How often it threw.
    package var faults: [Hook: UInt64] = [:]
    /// How often it took longer than the budget's `late` to return.
    package var late: [Hook: UInt64] = [:]
    /// How long it took in all, where it was timed; estimated for hooks that are asked for each block.
    package var time: [Hook: Duration] = [:]
    /// Answers of a plugin or rule in shadow that would have refused something.
    package var shadowed: UInt64 = 0
  }

  /// A call that has not returned.
  package struct Call: Sendable, Hashable {
    package let number: UInt64
    package let hook: Hook
    package let began: ContinuousClock.Instant
  }

  private struct State {
    var counts = Counts()
    var budget: FaultBudget
    var latest: [String] = []
    var trip: PluginTrip?
    var calls: [Call] = []
    var nextCall: UInt64 = 1
    var host = Host()
  }

  /// What the engine lends to the plugins of its pipeline.
  package struct Host: Sendable {
    package var clock: @Sendable () -> ContinuousClock.Instant = { .now }
    package var wall: @Sendable () -> WallTime = { .now }
    /// Event loops, each with time of its own.
    package var loops = 1
    /// Told when the plugin is tripped, once, on the thread on which it happened.
    package var onTrip: @Sendable (PluginTrip) -> Void = { _ in }

    package init() {}
  }

  private static let latestKept = 3
  private static let latestLength = 200

  /// Questions of `admit` whose connection is gone and that have not come back.
  let orphans = Atomic<Int>(0)
  private let state: Mutex<State>
  private let hasTripped = Atomic<Bool>(false)

  package init(budget: FaultBudget.Limits = FaultBudget.Limits()) {
    state = Mutex(State(budget: FaultBudget(budget)))
  }

  /// Whether the plugin is past its budget. It stays so: a reload makes it anew.
  package var isTripped: Bool { hasTripped.load(ordering: .relaxed) }
  /// When and why it was tripped.
  package var trip: PluginTrip? { state.withLock { $0.trip } }
  package var snapshot: Counts { state.withLock { $0.counts } }
  /// The calls that have not returned, but those of a connection's hooks: for these see `HookLane`.
  package var calls: [Call] { state.withLock { $0.calls } }

  /// Gives clocks, the number of loops, and someone to tell. One that is tripped already tells nobody.
  package func attach(_ host: Host) { state.withLock { $0.host = host } }

  package func count(_ hook: Hook, times: UInt64 = 1) {
    guard times > 0 else { return }
    state.withLock { $0.counts.calls[hook, default: 0] += times }
  }

  /// Counts an answer that would have refused something, and was not heeded.
  package func countShadowed() { state.withLock { $0.counts.shadowed += 1 } }

  /// Counts a throw. It is not charged to the budget: peers must not be able to trip a plugin with what it throws at them.
  package func countFault(_ hook: Hook) {
    state.withLock { $0.counts.faults[hook, default: 0] += 1 }
  }

  /// Counts a throw that no peer has brought about, and charges it.
  package func chargeFault(_ hook: Hook, _ error: any Error) {
    countFault(hook)
    charge("\(hook.rawValue): \(error)")
  }

  /// Charges a fault.
  package func charge(_ fault: String) {
    change { state, now in
      Self.note(fault, &state)
      return state.budget.fault(at: now) ? Self.tooManyFaults(state) : nil
    }
  }

  /// A hook has returned after some time; `calls` is how many it is counted for, `weight` how many calls it stands for.
  package func returned(from hook: Hook, after time: Duration, calls: UInt64 = 1, weight: Int = 1) {
    change { state, now in
      if calls > 0 { state.counts.calls[hook, default: 0] += calls }
      state.counts.time[hook, default: .zero] += time * weight
      let limits = state.budget.limits
      if time > limits.late {
        state.counts.late[hook, default: 0] += 1
        Self.note("\(hook.rawValue) took \(time)", &state)
        if state.budget.fault(at: now) { return Self.tooManyFaults(state) }
      }
      guard state.budget.spend(time * weight, loops: state.host.loops, at: now) else { return nil }
      return "its hooks take more than \(limits.time) of each second of an event loop; the last was \(hook.rawValue)"
    }
  }

  /// A call begins that is no connection's.
  package func begin(_ hook: Hook) -> Call {
    state.withLock { state in
      let call = Call(number: state.nextCall, hook: hook, began: state.host.clock())
      state.nextCall += 1
      state.calls.append(call)
      return call
    }
  }

  /// A call is over. One that waited for others is not timed.
  package func end(_ call: Call, isTimed: Bool = true) {
    let elapsed = state.withLock { state in
      state.calls.removeAll { $0.number == call.number }
      return state.host.clock() - call.began
    }
    if isTimed { returned(from: call.hook, after: elapsed) } else { count(call.hook) }
  }

  /// Changes the state; where the closure says what is too much, the plugin is tripped.
  private func change(_ body: (inout State, ContinuousClock.Instant) -> String?) {
    let tripped: (PluginTrip, Host)? = state.withLock { state in
      guard let excess = body(&state, state.host.clock()), state.trip == nil else { return nil }
      let trip = PluginTrip(at: state.host.wall(), reason: excess)
      state.trip = trip
      return (trip, state.host)
    }
    guard let (trip, host) = tripped else { return }
    hasTripped.store(true, ordering: .relaxed)
    host.onTrip(trip)
  }

  private static func note(_ fault: String, _ state: inout State) {
    state.latest.append(String(fault.prefix(latestLength)))
    if state.latest.count > latestKept { state.latest.removeFirst() }
  }

  private static func tooManyFaults(_ state: State) -> String {
    let limits = state.budget.limits
    return "more than \(limits.faults) faults in \(limits.window); the last: \(state.latest.joined(separator: "; "))"
  }
}
