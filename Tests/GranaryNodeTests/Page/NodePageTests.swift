import Control
import Inventory
import Testing

@testable import GranaryNode

/// What the status page shows, from what the inventory has.
struct NodePageTests {
  @Test func `a question of a state that there is not is about no artifact`() throws {
    var query = ArtifactsQuery()
    #expect(ArtifactPage(query)?.states == nil)
    (query.text, query.state, query.order, query.offset) = ("app", "fetching", .changed, 50)
    #expect(ArtifactPage(query) == ArtifactPage(text: "app", states: [.fetching], order: .changed, offset: 50, limit: 50))
    query.state = "ready' OR 1=1"
    #expect(ArtifactPage(query) == nil)
  }

  @Test func `a run is shown with its report, and one that has none without`() throws {
    let database = try InventoryDatabase.inMemory()
    let report = """
      {"schema": "granary.run/1", "node": "n", "version": "1", "pid": 7, "started_at": "a", "ended_at": "b", "seconds": 1.5, "why": "for",
       "artifacts": {"ready": 3, "verified": 0, "fetched": 0, "served": 1, "others": {}}, "uploaded": 10, "downloaded": 20, "principals": 1,
       "refused": 4, "warnings": []}
      """
    let first = try database.beginRun(pid: 7, version: "1", at: Timestamp(seconds: 1_000))
    try database.endRun(first, why: "for", report: report, at: Timestamp(seconds: 1_060))
    let second = try database.beginRun(pid: 8, version: "2", at: Timestamp(seconds: 2_000))
    try database.endRun(second, why: "signal", report: "{", at: Timestamp(seconds: 2_060))
    _ = try database.beginRun(pid: 9, version: "2", at: Timestamp(seconds: 3_000))
    let runs = try database.runs().map(PageRunsDocument.Run.init)
    #expect(runs.map(\.why) == [nil, "signal", "for"] && runs.map(\.ready) == [nil, nil, 3])
    #expect(runs.last?.uploaded == 10 && runs.last?.downloaded == 20 && runs.last?.refused == 4)
    #expect(runs.first?.endedAt == nil && runs.last?.endedAt == "1970-01-01T00:17:40.000Z")
  }

  @Test func `refusals keep what they say`() throws {
    let database = try InventoryDatabase.inMemory()
    let entry = JournalEntry(
      at: Timestamp(seconds: 60), verdict: "deny", isRefusal: true, operation: "connect", principal: "p", address: "10.0.0.1",
      artifact: "app",
      plugin: "allowlist", rule: "r", reason: "<b>", place: "f:1:2")
    try database.append([entry, entry], mergingWithin: .seconds(60))
    let document = PageRefusalsDocument(try database.recentRefusals(within: 10, latest: 10, reasons: 10))
    let one = try #require(document.latest.first)
    #expect(one.reason == "<b>" && one.count == 2 && one.lastAt == "1970-01-01T00:01:00.000Z" && one.place == "f:1:2")
    #expect(document.reasons.map(\.count) == [2] && document.rows == 1 && document.since == one.lastAt)
  }
}
