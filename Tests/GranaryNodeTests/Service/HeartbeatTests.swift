import Synchronization
import Testing

@testable import GranaryNode

struct HeartbeatTests {
  private let start = ContinuousClock.now

  @Test func `the manager is told at once, and then at half of its interval`() {
    var heartbeat = Heartbeat(interval: .seconds(10))
    #expect(heartbeat.pause == .seconds(1))
    let told = (0...20).filter { heartbeat.wake(start + .seconds($0), allAnswer: true) }
    #expect(told == [0, 5, 10, 15, 20])
  }

  @Test func `who is late is told of as soon as it answers, and not before`() {
    var heartbeat = Heartbeat(interval: .seconds(10))
    let told = (0...20).filter { heartbeat.wake(start + .seconds($0), allAnswer: !(3...8).contains($0)) }
    #expect(told == [0, 9, 14, 19])
  }

  @Test func `a clock that wakes late makes nobody wait for another turn`() {
    var heartbeat = Heartbeat(interval: .seconds(10))
    let told = [0, 4_400, 4_600].filter { heartbeat.wake(start + .milliseconds($0), allAnswer: true) }
    #expect(told == [0, 4_600])
  }

  @Test func `nothing is told while one of many does not answer`() {
    let held = Mutex<[@Sendable () -> Void]>([])
    let told = Counter()
    let prompt = WatchedThread("prompt", .vital) { $0() }
    let stuck = WatchedThread("stuck", .vital) { body in held.withLock { $0.append(body) } }
    let pulse = Pulse(interval: .seconds(10), threads: [prompt, stuck]) { told.add() }
    // Asked for the first time; the answer is due at the next look.
    pulse.look(start)
    #expect(told.count == 1)
    for second in 1...30 { pulse.look(start + .seconds(second)) }
    #expect(told.count == 1)
    for body in held.withLock({ $0 }) { body() }
    pulse.look(start + .seconds(31))
    #expect(told.count == 2)
  }
}

/// Counts, from wherever.
final class Counter: Sendable {
  private let value = Atomic(0)
  var count: Int { value.load(ordering: .relaxed) }
  func add() { value.add(1, ordering: .relaxed) }
}
