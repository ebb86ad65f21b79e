import DequeModule
import Synchronization

/// The node's upload limit, if there is one. Connections that find no token wait in a queue and are woken in turn, one batch each, so that
/// all get the same.
final class UploadLimiter: Sendable {
  fileprivate struct State {
    var bucket: TokenBucket?
    var waiting: Deque<(number: PeerNumber, bytes: Int)> = []
  }

  private let state: Mutex<State>
  /// Read for each batch, so that a node without a limit takes no lock.
  private let quantumOrZero: Atomic<Int>

  /// A limit in bytes a second; nil for none.
  init(rate: Int64?, now: ContinuousClock.Instant) {
    state = Mutex(State(bucket: rate.map { TokenBucket(rate: $0, now: now) }))
    quantumOrZero = Atomic(Self.quantum(rate))
  }

  /// The most bytes that one connection takes at a time: small against the rate, so that turns are short. Nil without a limit.
  var quantum: Int? {
    let quantum = quantumOrZero.load(ordering: .relaxed)
    return quantum > 0 ? quantum : nil
  }

  /// Another limit from now on. Those that wait keep their turns.
  func set(rate: Int64?, now: ContinuousClock.Instant) {
    state.withLock { state in
      guard state.bucket?.rate != rate else { return }
      state.bucket = rate.map { TokenBucket(rate: $0, now: now) }
    }
    quantumOrZero.store(Self.quantum(rate), ordering: .relaxed)
  }

  /// Takes tokens for a batch; false: the connection has been queued and will be woken with them. A newcomer never overtakes those that wait.
  func take(_ bytes: Int, for number: PeerNumber, now: ContinuousClock.Instant) -> Bool {
    state.withLock { state in
      if state.waiting.isEmpty, state.takes(bytes, now) { return true }
      state.waiting.append((number, bytes))
      return false
    }
  }

  /// The connection whose turn it is, with the tokens that it waited for taken; nil where none are there yet.
  func next(now: ContinuousClock.Instant) -> (number: PeerNumber, bytes: Int)? {
    state.withLock { state in
      guard let first = state.waiting.first, state.takes(first.bytes, now) else { return nil }
      return state.waiting.removeFirst()
    }
  }

  /// A connection that waits is gone.
  func forget(_ number: PeerNumber) {
    state.withLock { $0.waiting.removeAll { $0.number == number } }
  }

  /// What was taken for a batch turned out to be so many bytes too few; negative: too many.
  func charge(_ bytes: Int, now: ContinuousClock.Instant) {
    state.withLock { $0.bucket?.charge(bytes, now: now) }
  }

  private static func quantum(_ rate: Int64?) -> Int {
    rate.map { Int(min(max($0 / 50, 16 << 10), 1 << 20)) } ?? 0
  }
}

extension UploadLimiter.State {
  fileprivate mutating func takes(_ bytes: Int, _ now: ContinuousClock.Instant) -> Bool { bucket?.take(bytes, now: now) ?? true }
}
