import Synchronization

/// How many requests for metadata one connection may make: in each minute twice what all of it takes and 16 more; as many again are rejected,
/// then the peer has had enough.
struct MetadataBudget: Sendable {
  /// What becomes of a request.
  enum Answer: Sendable, Hashable { case serve, reject, close }

  private let allowance: Int
  private var spent = 0
  private var minute: ContinuousClock.Instant?

  /// A budget for metadata of so many pieces.
  init(pieces: Int) { allowance = 2 * pieces + 16 }

  /// Counts one request.
  mutating func spend(at now: ContinuousClock.Instant) -> Answer {
    if let minute, now < minute + .seconds(60) {
      spent += 1
    } else {
      (minute, spent) = (now, 1)
    }
    return spent <= allowance ? .serve : spent <= 2 * allowance ? .reject : .close
  }
}

/// How many pieces of metadata (16 KiB each) the node hands out: a burst of 256 MiB, as when a whole fleet comes for a new artifact, and
/// 128 MiB a second. Beyond that requests are rejected, and clients ask again.
final class MetadataAllowance: Sendable {
  private struct State {
    var available = Double(burst)
    var updated: ContinuousClock.Instant?
  }

  private static let burst = 16_384
  private static let perSecond = 8192.0
  private let state = Mutex(State())

  /// Takes one piece; false where there is none left.
  func take(at now: ContinuousClock.Instant) -> Bool {
    state.withLock { state in
      let elapsed = max(.zero, now - (state.updated ?? now))
      state.available = min(Double(Self.burst), state.available + elapsed / .seconds(1) * Self.perSecond)
      state.updated = max(now, state.updated ?? now)
      guard state.available >= 1 else { return false }
      state.available -= 1
      return true
    }
  }
}
