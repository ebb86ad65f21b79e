/// When a catalogue is asked for next.
package struct PollTiming: Hashable, Sendable {
  /// How often where all is well.
  package let every: Duration
  /// What a catalogue that fails is asked for at least as often as.
  package static let longest = Duration.seconds(3600)

  package init(every: Duration) {
    self.every = max(every, .milliseconds(1))
  }

  /// The wait after so many failures in a row. `luck` is in 0 ..< 1: replicas that began together do not ask together.
  package func wait(afterFailures failures: Int, luck: Double) -> Duration {
    let doubled = every * (1 << min(max(0, failures), 10))
    return min(doubled, max(every, Self.longest)) * (900 + Int(luck * 200)) / 1000
  }

  /// The wait before the first.
  package func start(luck: Double) -> Duration { min(every, .seconds(30)) * Int(luck * 1000) / 1000 }
}
