/// The bounds within which trackers say when to announce, and the pace of retries.
package struct AnnounceTiming: Hashable, Sendable {
  /// No announce follows another sooner, whatever the tracker says; events excepted.
  package var shortest: Duration = .seconds(30)
  /// None follows later, so that no tracker can silence us for good.
  package var longest: Duration = .seconds(2 * 3600)
  /// The interval where the tracker names none.
  package var usual: Duration = .seconds(1800)
  /// The wait after a first failure; it doubles with each further one.
  package var firstRetry: Duration = .seconds(40)
  /// The longest wait after a failure.
  package var longestRetry: Duration = .seconds(3600)

  package init() {}

  /// When to announce again after an answer.
  package func interval(_ response: AnnounceResponse) -> Duration {
    clamp(max(response.interval ?? usual, response.minimumInterval ?? .zero))
  }

  /// When to try again after `failures` failures in a row (1 or more): from three quarters of the doubled wait to all of it, at random, so
  /// that those who lost a tracker together do not come back together. What the tracker said itself counts more (BEP 31); `never` is the
  /// longest interval.
  package func retry(
    after error: TrackerError, failures: Int, using generator: inout some RandomNumberGenerator
  ) -> Duration {
    switch error {
    case .refused(_, .after(let wait)): return clamp(wait)
    case .refused(_, .never): return longest
    default:
      let doubled = firstRetry * (1 << min(max(0, failures - 1), 16))
      return min(doubled, longestRetry) * Double.random(in: 0.75...1, using: &generator)
    }
  }

  private func clamp(_ wait: Duration) -> Duration { min(max(wait, shortest), max(shortest, longest)) }
}
