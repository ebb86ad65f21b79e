import DequeModule
import Synchronization

/// The node's upload limit. Connections that find no token wait in a queue and are woken in turn, one batch each, so that all get the same.
final class UploadLimiter: Sendable {
  private struct State {
    var bucket: TokenBucket
    var waiting: Deque<(number: PeerNumber, bytes: Int)> = []
  }

  private let state: Mutex<State>
  /// The most bytes that one connection takes at a time: small against the rate, so that turns are short.
  let quantum: Int

  init(rate: Int64, now: ContinuousClock.Instant) {
    state = Mutex(State(bucket: TokenBucket(rate: rate, now: now)))
    quantum = Int(min(max(rate / 50, 16 << 10), 1 << 20))
  }

  /// Takes tokens for a batch; false: the connection has been queued and will be woken with them. A newcomer never overtakes those that wait.
  func take(_ bytes: Int, for number: PeerNumber, now: ContinuousClock.Instant) -> Bool {
    state.withLock { state in
      if state.waiting.isEmpty, state.bucket.take(bytes, now: now) { return true }
      state.waiting.append((number, bytes))
      return false
    }
  }

  /// The connection whose turn it is, with the tokens that it waited for taken; nil where none are there yet.
  func next(now: ContinuousClock.Instant) -> (number: PeerNumber, bytes: Int)? {
    state.withLock { state in
      guard let first = state.waiting.first, state.bucket.take(first.bytes, now: now) else { return nil }
      return state.waiting.removeFirst()
    }
  }
}
