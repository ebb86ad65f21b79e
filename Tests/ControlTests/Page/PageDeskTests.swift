import Synchronization
import Testing

@testable import Control

/// However many look, the node is asked little, and a disk that hangs holds nobody up.
struct PageDeskTests {
  private final class Clock: Sendable {
    let now = Mutex(ContinuousClock.now)
    func advance(_ seconds: Int) { now.withLock { $0 += .seconds(seconds) } }
  }

  private func desk(_ page: StubPage, _ clock: Clock, patience: Duration = .seconds(60)) -> PageDesk {
    PageDesk(page, patience: patience) { clock.now.withLock { $0 } }
  }

  @Test func `within its time a document is made once for all who ask`() async {
    let (page, clock) = (StubPage(), Clock())
    let desk = desk(page, clock)
    page.hold()
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<20 {
        group.addTask { if case .document = await desk.answer(.overview) { true } else { false } }
      }
      while page.asked.isEmpty { await Task.yield() }
      page.release()
      for await isDocument in group { #expect(isDocument) }
    }
    _ = await desk.answer(.overview)
    #expect(page.asked == ["overview"])
    clock.advance(2)
    _ = await desk.answer(.overview)
    #expect(page.asked.count == 2)
  }

  @Test func `what hangs is asked once, and its last document is given with its age`() async {
    let (page, clock) = (StubPage(), Clock())
    let desk = desk(page, clock)
    _ = await desk.answer(.refusals)
    page.hold()
    for round in 1...5 {
      clock.advance(10)
      guard case .document(_, let age) = await desk.answer(.refusals) else {
        Issue.record("no document")
        continue
      }
      #expect(age == .seconds(10 * round))
    }
    #expect(page.asked == ["refusals", "refusals"])
    page.release()
  }

  @Test func `without an earlier document whoever asks is told after a moment`() async {
    let (page, clock) = (StubPage(), Clock())
    let desk = desk(page, clock, patience: .milliseconds(10))
    page.hold()
    for _ in 0..<3 {
      guard case .unavailable = await desk.answer(.runs) else {
        Issue.record("an answer out of nothing")
        continue
      }
    }
    #expect(page.asked == ["runs"])
    page.release()
  }

  @Test func `only so many documents are made at once`() async {
    let (page, clock) = (StubPage(), Clock())
    let desk = desk(page, clock, patience: .milliseconds(10))
    page.hold()
    for offset in 0..<200 {
      var query = ArtifactsQuery()
      query.offset = offset
      _ = await desk.answer(.artifacts(query))
    }
    #expect(page.asked.count == 4)
    page.release()
  }

  @Test func `what hangs on the disk does not hold up what needs none`() async {
    let (page, clock) = (StubPage(), Clock())
    let desk = desk(page, clock, patience: .milliseconds(10))
    page.hold()
    for part in [PagePart.services, .artifacts(ArtifactsQuery()), .refusals, .runs] { _ = await desk.answer(part) }
    #expect(page.asked.count == 4)
    for part in [PagePart.overview, .throughput(.recent), .peers(PeersQuery())] {
      _ = await desk.answer(part)
    }
    #expect(page.asked.count == 7, "\(page.asked)")
    page.release()
  }

  @Test func `a page that asks for all of its documents at once is given all`() async {
    let (page, clock) = (StubPage(), Clock())
    let desk = desk(page, clock)
    let parts: [PagePart] = [
      .overview, .services, .throughput(.recent), .throughput(.day), .artifacts(ArtifactsQuery()), .peers(PeersQuery()), .refusals, .runs,
    ]
    page.hold()
    await withTaskGroup(of: Bool.self) { group in
      for part in parts {
        group.addTask { if case .document = await desk.answer(part) { true } else { false } }
      }
      while page.asked.count < 4 { await Task.yield() }
      page.release()
      for await isDocument in group { #expect(isDocument) }
    }
    #expect(page.asked.count == parts.count)
  }

  @Test func `a failure is told, not repeated at once, and over when it is over`() async {
    let (page, clock) = (StubPage(), Clock())
    let desk = desk(page, clock)
    page.fail(ErrorsDocument(errors: [.init(code: 74, message: "the disk is gone")]))
    for _ in 0..<3 {
      guard case .unavailable(let why) = await desk.answer(.runs) else {
        Issue.record("an answer out of nothing")
        continue
      }
      #expect(why == "the disk is gone")
    }
    #expect(page.asked.count == 1)
    page.fail(nil)
    clock.advance(60)
    guard case .document = await desk.answer(.runs) else {
      Issue.record("still failing")
      return
    }
  }

  @Test func `searches do not pile up in memory`() async {
    let (page, clock) = (StubPage(), Clock())
    let desk = desk(page, clock)
    var query = PeersQuery()
    for number in 0..<100 {
      query.text = "peer \(number)"
      _ = await desk.answer(.peers(query))
    }
    // What was asked for first is forgotten, and made anew; what was asked for last is still there.
    _ = await desk.answer(.peers(query))
    #expect(page.asked.count == 100)
    query.text = "peer 0"
    _ = await desk.answer(.peers(query))
    #expect(page.asked.count == 101)
  }
}
