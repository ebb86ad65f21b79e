import Testing

@testable import Tracker

@Suite struct AnnounceTallyTests {
  @Test func `announces are counted, and trackers by how their last one ended`() {
    var tally = AnnounceTally()
    tally.note("http://a/", failed: true, now: .seconds(1))
    tally.note("http://b/", failed: true, now: .seconds(2))
    tally.note("http://a/", failed: false, now: .seconds(3))
    let counts = tally.counts(now: .seconds(4))
    #expect((counts.succeeded, counts.failed) == (1, 2))
    #expect((counts.trackers, counts.failing) == (2, 1))
  }

  @Test func `a tracker that is not asked any more is forgotten, what it was asked is not`() {
    var tally = AnnounceTally()
    tally.note("http://a/", failed: true, now: .zero)
    let counts = tally.counts(now: .seconds(7200))
    #expect((counts.trackers, counts.failing, counts.failed) == (0, 0, 1))
  }

  @Test func `however many trackers torrents name, so many are kept`() {
    var tally = AnnounceTally()
    for number in 0..<3000 { tally.note("http://\(number)/", failed: true, now: .seconds(1)) }
    let counts = tally.counts(now: .seconds(2))
    #expect((counts.trackers, counts.failed) == (1000, 3000))
  }
}
