import Testing

@testable import GranaryNode

/// When a bounded run is over.
@Suite struct RunJudgeTests {
  private let start = ContinuousClock.now

  private func judge(_ bounds: RunBounds) -> RunJudge { RunJudge(bounds, began: start, ready: start + .seconds(1)) }

  @Test(arguments: [
    ("ready", RunBounds.Aim.ready), ("complete", .complete), ("idle:10m", .idle(.seconds(600))), ("idle:500ms", .idle(.milliseconds(500))),
    ("ratio:1.5", .ratio(1.5)), ("ratio:2", .ratio(2)),
  ])
  func `aims are read`(text: String, aim: RunBounds.Aim) {
    #expect(RunBounds.Aim(text) == aim)
  }

  @Test(arguments: [
    "", "Ready", "ready:", "ready:1", "complete:", "idle", "idle:", "idle:x", "idle:0s", "ratio", "ratio:", "ratio:0", "ratio:-1",
    "ratio:nan", "ratio:inf", ":", "for:1s",
  ])
  func `what is none is refused`(text: String) {
    #expect(RunBounds.Aim(text) == nil)
  }

  @Test func `without bounds nothing ends it`() {
    var judge = judge(RunBounds())
    #expect(RunBounds().isEmpty)
    #expect(judge.end(RunStanding(), now: start + .seconds(1_000_000)) == nil)
  }

  @Test func `for counts from when it serves, and max-runtime from its start`() {
    var serving = judge(RunBounds(serving: .seconds(10)))
    #expect(serving.end(RunStanding(), now: start + .seconds(10)) == nil)
    #expect(serving.end(RunStanding(), now: start + .seconds(11)) == .served)
    var longest = judge(RunBounds(longest: .seconds(10), aims: [.complete]))
    let busy = RunStanding(fetching: 1)
    #expect(longest.end(busy, now: start + .seconds(9)) == nil)
    #expect(longest.end(busy, now: start + .seconds(10)) == .maxRuntime)
    #expect(longest.end(RunStanding(), now: start + .seconds(10)) == .complete, "what it was for counts more than that it was late")
  }

  @Test func `it is ready when nothing waits to be verified`() {
    var judge = judge(RunBounds(aims: [.ready]))
    #expect(judge.end(RunStanding(doubtful: 2), now: start) == nil)
    #expect(judge.end(RunStanding(fetching: 1), now: start) == .ready)
  }

  @Test func `it is complete when all is here, mirrors included`() {
    var judge = judge(RunBounds(aims: [.complete]))
    #expect(judge.end(RunStanding(doubtful: 1), now: start) == nil)
    #expect(judge.end(RunStanding(fetching: 1), now: start) == nil)
    #expect(judge.end(RunStanding(isMirrored: false), now: start) == nil)
    #expect(judge.end(RunStanding(), now: start) == .complete)
  }

  @Test func `idle begins anew with each byte, fetch and verification`() {
    var judge = judge(RunBounds(aims: [.idle(.seconds(10))]))
    let standings = [
      (5, RunStanding(moved: 1)), (14, RunStanding(moved: 2)), (20, RunStanding(fetching: 1, moved: 2)),
      (29, RunStanding(doubtful: 1, moved: 2)), (38, RunStanding(moved: 2)),
    ]
    for (second, standing) in standings { #expect(judge.end(standing, now: start + .seconds(second)) == nil) }
    #expect(judge.end(RunStanding(moved: 2), now: start + .seconds(39)) == .idle)
  }

  @Test func `a ratio is of all that is in service, and of nothing there is none`() {
    var judge = judge(RunBounds(aims: [.ratio(1.5)]))
    #expect(judge.end(RunStanding(uploaded: 1 << 40, content: 0), now: start) == nil)
    #expect(judge.end(RunStanding(uploaded: 149, content: 100), now: start) == nil)
    #expect(judge.end(RunStanding(uploaded: 150, content: 100), now: start) == .ratio)
  }
}
