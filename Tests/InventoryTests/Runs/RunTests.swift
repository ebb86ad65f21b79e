import Testing

@testable import Inventory

struct RunTests {
  @Test func `A run is open until it ends, and ends once`() throws {
    let database = try InventoryDatabase.inMemory()
    let id = try database.beginRun(pid: 42, version: "1.0", at: .noon)
    let open = Run(id: id, startedAt: .noon, endedAt: nil, pid: 42, version: "1.0", whyEnded: nil, report: nil)
    #expect(try database.runs() == [open])
    try database.endRun(id, why: "TERM", report: "{}", at: .noon(plus: 5))
    try database.endRun(id, why: "again", at: .noon(plus: 6))
    let ended = Run(id: id, startedAt: .noon, endedAt: .noon(plus: 5), pid: 42, version: "1.0", whyEnded: "TERM", report: "{}")
    #expect(try database.runs() == [ended])
    #expect(try database.markInterruptedRuns() == 0)
  }

  @Test func `A run that was killed is marked at the next start, without an end that nobody saw`() throws {
    let database = try InventoryDatabase.inMemory()
    let id = try database.beginRun(pid: 42, version: "1.0", at: .noon)
    #expect(try database.markInterruptedRuns() == 1)
    let run = try #require(try database.runs().first)
    #expect(run.id == id && run.whyEnded == Run.interrupted && run.endedAt == nil)
  }

  @Test func `Old runs are forgotten, the running one never`() throws {
    let database = try InventoryDatabase.inMemory()
    let running = try database.beginRun(pid: 1, version: "1.0", at: .noon)
    for number in 2...5 {
      try database.endRun(database.beginRun(pid: Int32(number), version: "1.0", at: .noon), why: "done", at: .noon)
    }
    #expect(try database.pruneRuns(keeping: 2) == 2)
    #expect(try database.runs().map(\.pid) == [5, 4, 1])
    #expect(try database.runs(limit: 1).map(\.pid) == [5])
    #expect(try database.runs().last?.id == running)
  }
}
