import Testing

@testable import Inventory

/// The refusals among the newest rows.
struct RefusalsTests {
  private let database: InventoryDatabase

  init() throws { database = try InventoryDatabase.inMemory() }

  private func append(_ entries: JournalEntry...) throws { try database.append(entries, mergingWithin: .seconds(60)) }

  private func other(_ seconds: Int, verdict: String, isRefusal: Bool) -> JournalEntry {
    JournalEntry(at: .noon(plus: seconds), verdict: verdict, isRefusal: isRefusal, operation: "request", plugin: "gate", reason: "too late")
  }

  @Test func `the latest come first, counted ones by their last, and what was not refused is left out`() throws {
    try append(Made.refusal(0), Made.refusal(1, address: "10.0.0.2"), other(2, verdict: "allow", isRefusal: false))
    try append(other(3, verdict: "shadow-deny", isRefusal: true), other(4, verdict: "deny", isRefusal: true), Made.refusal(5))
    let found = try database.recentRefusals(within: 100, latest: 10, reasons: 10)
    #expect(found.latest.map(\.address) == ["10.0.0.1", nil, "10.0.0.2"])
    #expect(found.latest.map(\.count) == [2, 1, 1] && found.latest.first?.lastAt == .noon(plus: 5))
    #expect(found.reasons.map(\.reason) == ["not listed", "too late"] && found.reasons.map(\.count) == [3, 1])
    #expect(found.reasons.map(\.principals) == [2, 0])
    #expect(found.rows == 5 && found.since == .noon(plus: 1))
    let first = try #require(found.latest.first)
    #expect(first.operation == "connect" && first.artifact == "artifact-1" && first.plugin == "allowlist" && first.rule == "addresses")
    #expect(first.place == "granary.yaml:7:3" && first.principal == "address 10.0.0.1")
  }

  @Test func `only the newest rows are looked at, and no more are given than asked for`() throws {
    for second in 0..<20 { try append(Made.refusal(second * 100, address: "10.0.0.\(second)")) }
    let found = try database.recentRefusals(within: 5, latest: 3, reasons: 1)
    #expect(found.latest.map(\.address) == ["10.0.0.19", "10.0.0.18", "10.0.0.17"])
    #expect(found.reasons.map(\.count) == [5] && found.rows == 5 && found.since == .noon(plus: 1500))
  }

  @Test func `an empty journal has none`() throws {
    let found = try database.recentRefusals(within: 100, latest: 10, reasons: 10)
    #expect(found.latest.isEmpty && found.reasons.isEmpty && found.rows == 0 && found.since == nil)
  }
}
