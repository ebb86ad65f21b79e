import PluginKit

/// The engine's two clocks, injected so that tests decide what time it is.
package struct EngineClock: Sendable {
  /// For deadlines, rates and ticks.
  package let now: @Sendable () -> ContinuousClock.Instant
  /// For policy and journal.
  package let wall: @Sendable () -> WallTime

  package init(now: @escaping @Sendable () -> ContinuousClock.Instant, wall: @escaping @Sendable () -> WallTime) {
    (self.now, self.wall) = (now, wall)
  }

  /// Seconds since 1970, as certificates count.
  var seconds: @Sendable () -> Int64 { { [wall] in wall().seconds } }

  /// The system's clocks.
  package static let system = EngineClock(now: { .now }, wall: { .now })
}
