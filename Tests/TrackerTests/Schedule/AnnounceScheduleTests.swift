import Testing
import Tracker

@Suite struct AnnounceScheduleTests {
  private func schedule(_ trackers: [[String]], scope: AnnounceScope = .eachTier, start: Duration = .zero) -> DrivenSchedule {
    DrivenSchedule(trackers, scope: scope, start: start)
  }

  private func answer(_ seconds: Int = 600, trackerID: [UInt8]? = nil) -> AnnounceResponse {
    AnnounceResponse(interval: .seconds(seconds), trackerID: trackerID)
  }

  @Test func `one tracker is told started, then nothing special at its interval`() throws {
    let schedule = schedule([["http://a/"]], start: .seconds(5))
    #expect(schedule.nextTime == .seconds(5))
    #expect(schedule.next(now: .seconds(4)) == nil)
    let first = try #require(schedule.next(now: .seconds(5)))
    #expect((first.text, first.event, first.trackerID) == ("http://a/", .started, nil))
    #expect(schedule.nextTime == nil)
    #expect(schedule.next(now: .seconds(500)) == nil)
    schedule.succeeded(first, answer(trackerID: [1]), now: .seconds(6))
    #expect(schedule.nextTime == .seconds(606))
    let second = try #require(schedule.next(now: .seconds(606)))
    #expect((second.event, second.trackerID) == (.none, [1]))
    schedule.succeeded(second, answer(), now: .seconds(607))
    #expect(schedule.next(now: .seconds(1207))?.trackerID == [1])
  }

  @Test func `a failing tracker hands over to the next of its tier at once, which then stays first`() throws {
    let schedule = schedule([["http://a/", "http://b/", "http://c/"]])
    let order = schedule.trackers.map(\.record.text)
    #expect(Set(order).count == 3)
    let first = try #require(schedule.next(now: .zero))
    #expect(first.text == order[0])
    schedule.failed(first, .timedOut, now: .seconds(1))
    let second = try #require(schedule.next(now: .seconds(1)))
    #expect((second.text, second.event) == (order[1], .started))
    schedule.succeeded(second, answer(), now: .seconds(2))
    #expect(schedule.trackers.map(\.record.text) == [order[1], order[0], order[2]])
    #expect(schedule.nextTime == .seconds(602))
    #expect(schedule.next(now: .seconds(602))?.text == order[1])
  }

  @Test func `when all of a tier fail, the earliest to recover is tried first`() throws {
    let schedule = schedule([["http://a/", "http://b/"]])
    for _ in 0..<2 {
      let due = try #require(schedule.next(now: .zero))
      schedule.failed(due, .unreachable("x"), now: .zero)
    }
    #expect(schedule.next(now: .seconds(29)) == nil)
    let time = try #require(schedule.nextTime)
    #expect((.seconds(30)...(.seconds(40))).contains(time))
    let due = try #require(schedule.next(now: time))
    #expect(due.event == .started)
    schedule.failed(due, .unreachable("x"), now: time)
    let record = try #require(schedule.trackers.first { $0.record.text == due.text }?.record)
    #expect(record.failures == 2)
    #expect(record.lastError == .unreachable("x"))
  }

  @Test func `what is put off hands over to the next of its tier, says why, and waits no longer than it is told to`() throws {
    let schedule = schedule([["http://a/", "http://b/"]])
    for _ in 0..<2 {
      let due = try #require(schedule.next(now: .zero))
      schedule.postponed(due, .unreachable("x"), until: .seconds(500))
    }
    #expect(schedule.next(now: .seconds(499)) == nil && schedule.nextTime == .seconds(500))
    #expect(schedule.trackers.allSatisfy { $0.record.failures == 1 && $0.record.lastError == .unreachable("x") })
    let due = try #require(schedule.next(now: .seconds(500)))
    #expect(due.event == .started)
    schedule.succeeded(due, answer(), now: .seconds(500))
    #expect(schedule.trackers.first?.record.failures == 0 && schedule.trackers.first?.record.lastError == nil)
    let later = try #require(schedule.next(now: .seconds(1100)))
    schedule.postponed(later, .timedOut, until: .seconds(1200))
    // It knows us still, and is owed a `stopped`.
    #expect(schedule.farewells().map(\.text) == [later.text])
  }

  @Test func `tiers go their own ways`() throws {
    let schedule = schedule([["http://a/"], ["http://b/"]])
    let first = try #require(schedule.next(now: .zero))
    let second = try #require(schedule.next(now: .zero))
    #expect([first.text, second.text] == ["http://a/", "http://b/"])
    #expect(schedule.next(now: .zero) == nil)
    schedule.succeeded(second, answer(60), now: .zero)
    #expect(schedule.nextTime == .seconds(60))
    schedule.failed(first, .timedOut, now: .zero)
    #expect(try #require(schedule.nextTime) <= .seconds(40))
  }

  @Test func `every tracker is asked where that is wished`() {
    let schedule = schedule([["http://a/", "http://b/"], ["http://c/", "http://a/"]], scope: .everyTracker)
    var texts: [String] = []
    while let due = schedule.next(now: .zero) { texts.append(due.text) }
    #expect(texts.sorted() == ["http://a/", "http://b/", "http://c/"])
  }

  @Test func `a tier is shuffled once, by the generator given`() {
    let urls = (0..<20).map { "http://h\($0)/" }
    let orders = (0..<3).map { DrivenSchedule([urls], seed: $0).trackers.map(\.record.text) }
    #expect(Set(orders).count == 3)
    #expect(orders.allSatisfy { $0.sorted() == urls.sorted() })
    #expect(DrivenSchedule([urls], seed: 0).trackers.map(\.record.text) == orders[0])
  }

  @Test func `completed is told once, to those who know of the start`() throws {
    let schedule = schedule([["http://a/"], ["http://b/"]])
    let first = try #require(schedule.next(now: .zero))
    let second = try #require(schedule.next(now: .zero))
    schedule.succeeded(first, answer(), now: .zero)
    schedule.failed(second, .timedOut, now: .zero)
    schedule.complete()
    let completed = try #require(schedule.next(now: .seconds(1)))
    #expect((completed.text, completed.event) == ("http://a/", .completed))
    #expect(schedule.next(now: .seconds(1)) == nil)
    schedule.failed(completed, .timedOut, now: .seconds(1))
    var seen: [String] = []
    for _ in 0..<2 {
      let due = try #require(schedule.next(now: .seconds(60)))
      seen.append("\(due.text) \(due.event)")
      schedule.succeeded(due, answer(), now: .seconds(60))
    }
    #expect(seen == ["http://a/ completed", "http://b/ started"])
    #expect(schedule.nextTime == .seconds(660))
    #expect(schedule.next(now: .seconds(660))?.event == AnnounceEvent.none)
  }

  @Test func `a download that ends while started is under way is told after it`() throws {
    let schedule = schedule([["http://a/"]])
    let started = try #require(schedule.next(now: .zero))
    schedule.complete()
    schedule.succeeded(started, answer(), now: .zero)
    #expect(schedule.next(now: .zero)?.event == .completed)
  }

  @Test func `stopped goes to those who know us or may`() throws {
    let schedule = schedule([["http://a/"], ["http://b/"], ["http://c/"]])
    #expect(schedule.farewells().isEmpty)
    let known = try #require(schedule.next(now: .zero))
    let refused = try #require(schedule.next(now: .zero))
    schedule.succeeded(known, answer(trackerID: [7]), now: .zero)
    schedule.failed(refused, .timedOut, now: .zero)
    let underWay = try #require(schedule.next(now: .zero))
    let farewells = schedule.farewells()
    #expect(farewells.map(\.text) == [known.text, underWay.text])
    #expect(farewells.map(\.event) == [.stopped, .stopped])
    #expect(farewells.map(\.trackerID) == [[7], nil])
  }

  @Test func `a URL we do not announce to is passed over and says why`() throws {
    let schedule = schedule([["wss://a/"], ["nonsense"], ["udp://b:1"]])
    #expect(schedule.next(now: .zero)?.text == "udp://b:1")
    #expect(schedule.next(now: .seconds(100_000)) == nil)
    let reasons = schedule.trackers.prefix(2).map { $0.record.lastError?.description ?? "" }
    #expect(reasons[0].contains("https or udp") && reasons[1].contains("scheme"))
    #expect(schedule.trackers.prefix(2).allSatisfy { $0.nextTime == nil })
  }

  @Test func `no trackers, empty tiers and foreign results are nothing to do`() throws {
    let empty = schedule([])
    #expect(empty.nextTime == nil && empty.next(now: .zero) == nil)
    let tiers = schedule([[], ["http://a/"], []])
    let due = try #require(tiers.next(now: .zero))
    empty.succeeded(due, answer(), now: .zero)
    #expect(empty.trackers.isEmpty)
    tiers.succeeded(due, answer(), now: .zero)
    tiers.failed(due, .timedOut, now: .zero)
    #expect(tiers.trackers.first?.record.failures == 0)
  }
}

/// A schedule that can be asked within an expectation, with a generator of its own.
private final class DrivenSchedule {
  private var schedule: AnnounceSchedule
  private var generator: RepeatableGenerator
  private let timing = AnnounceTiming()

  init(_ trackers: [[String]], scope: AnnounceScope = .eachTier, start: Duration = .zero, seed: UInt64 = 1) {
    generator = RepeatableGenerator(state: seed)
    schedule = AnnounceSchedule(trackers: trackers.map { $0.map(NamedTracker.init) }, scope: scope, start: start, using: &generator)
  }

  var nextTime: Duration? { schedule.nextTime }
  var trackers: [(tier: Int, record: TrackerRecord, nextTime: Duration?, isUnderWay: Bool)] { schedule.trackers }

  func next(now: Duration) -> AnnounceSchedule.Due? { schedule.next(now: now) }
  func succeeded(_ due: AnnounceSchedule.Due, _ response: AnnounceResponse, now: Duration) {
    schedule.succeeded(due, response, now: now, timing: timing)
  }
  func failed(_ due: AnnounceSchedule.Due, _ error: TrackerError, now: Duration) {
    schedule.failed(due, error, now: now, timing: timing, using: &generator)
  }
  func postponed(_ due: AnnounceSchedule.Due, _ error: TrackerError, until time: Duration) { schedule.postponed(due, error, until: time) }
  func complete() { schedule.complete() }
  func farewells() -> [AnnounceSchedule.Due] { schedule.farewells() }
}
