import Testing
import Tracker

@Suite struct AnnounceTimingTests {
  private let timing = AnnounceTiming()

  @Test(
    arguments: [
      (nil, nil, 1800), (600, nil, 600), (600, 900, 900), (900, 600, 900), (0, nil, 30), (1, 0, 30), (1_000_000, nil, 7200),
      (600, 1_000_000, 7200),
    ] as [(Int?, Int?, Int)])
  func `intervals are held within bounds`(interval: Int?, minimum: Int?, expected: Int) {
    let response = AnnounceResponse(interval: interval.map { .seconds($0) }, minimumInterval: minimum.map { .seconds($0) })
    #expect(timing.interval(response) == .seconds(expected))
  }

  @Test func `waits after failures double, with jitter, up to a cap`() {
    var generator = RepeatableGenerator()
    for (failures, full) in [(1, 40), (2, 80), (3, 160), (7, 2560), (8, 3600), (1000, 3600), (0, 40)] {
      let waits = (0..<50).map { _ in timing.retry(after: .timedOut, failures: failures, using: &generator) }
      #expect(waits.allSatisfy { ((.seconds(full) * 0.75)...(.seconds(full))).contains($0) })
      #expect(Set(waits).count > 40)
    }
  }

  @Test(arguments: [
    (TrackerError.Retry.after(.seconds(300)), 300), (.after(.seconds(1)), 30), (.after(.seconds(1 << 40)), 7200), (.never, 7200),
  ])
  func `the tracker's advice is followed within bounds`(retry: TrackerError.Retry, expected: Int) {
    var generator = RepeatableGenerator()
    #expect(timing.retry(after: .refused(reason: "", retry: retry), failures: 1, using: &generator) == .seconds(expected))
  }
}
