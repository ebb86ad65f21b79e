import PluginKit
import Synchronization
import TestSupport

/// Both of the engine's clocks, moved together. Civil time begins at the same noon for every input.
final class FuzzClock: Sendable {
  private let times = Mutex((now: ContinuousClock.now, wall: PolicyFixtures.noon))

  var now: ContinuousClock.Instant { times.withLock { $0.now } }
  var wall: WallTime { times.withLock { $0.wall } }

  func advance(by duration: Duration) {
    let nanoseconds = duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
    times.withLock { times in
      times.now = times.now.advanced(by: duration)
      times.wall = WallTime(nanoseconds: times.wall.nanoseconds + nanoseconds)
    }
  }

  func beginAnew() { times.withLock { $0.wall = PolicyFixtures.noon } }
}
