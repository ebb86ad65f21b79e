import Testing

@testable import Inventory

struct TransferTests {
  private let database: InventoryDatabase
  private let one: ArtifactID
  private let two: ArtifactID

  init() throws {
    database = try InventoryDatabase.inMemory()
    one = try database.add(Made.artifact(1), at: .noon).id
    two = try database.add(Made.artifact(2), at: .noon).id
  }

  @Test func `Batches add up per principal and artifact`() throws {
    try database.record([
      Made.delta("a", artifact: one, bytes: 10, from: 5, to: 6), Made.delta("b", artifact: one, bytes: 100, from: 7, to: 7),
    ])
    try database.record([Made.delta("a", artifact: one, bytes: 1, blocks: 4, from: 3, to: 9), Made.delta("a", artifact: two, bytes: 2)])
    let a = Principal(kind: .address, name: "a")
    let sum = Transfer(principal: a, artifact: one, bytes: 11, blocks: 5, firstAt: .noon(plus: 3), lastAt: .noon(plus: 9))
    #expect(try database.transfers(of: a).map(\.bytes) == [11, 2])
    #expect(try database.transfers(of: a).first == sum)
    #expect(try database.transfers(of: one).map(\.principal.name) == ["b", "a"])
    #expect(try database.transfers(of: Principal(kind: .key, name: "a")).isEmpty)
    #expect(
      try database.rows("SELECT first_seen, last_seen FROM principals WHERE name = 'a'") == [
        ["\(Timestamp.noon.nanoseconds)", "\(Timestamp.noon(plus: 9).nanoseconds)"]
      ])
  }

  @Test func `What belongs to a removed artifact is left out and does not fail the batch`() throws {
    try database.remove(one)
    try database.record([Made.delta(artifact: one, bytes: 10), Made.delta(artifact: two, bytes: 20)])
    #expect(try database.counts().bytes == 20)
  }

  @Test func `Sums that do not fit stay at the greatest number`() throws {
    try database.record([
      Made.delta(artifact: one, bytes: .max - 1), Made.delta(artifact: one, bytes: 5), Made.delta(artifact: one, bytes: -5),
    ])
    #expect(try database.transfers(of: one).map(\.bytes) == [.max])
    #expect(try database.counts().bytes == .max)
  }

  @Test func `Principals that have not been seen for long are forgotten with their transfers`() throws {
    try database.record([Made.delta("old", artifact: one, bytes: 1, to: 10), Made.delta("new", artifact: one, bytes: 1, to: 20)])
    try database.recordSeen([Principal(kind: .identity, name: "fleet/dns:a")], at: .noon(plus: 15))
    #expect(try database.prunePrincipals(unseenSince: .noon(plus: 15)) == 1)
    #expect(try database.transfers(of: one).map(\.principal.name) == ["new"])
    #expect(try database.rows("SELECT kind, name FROM principals ORDER BY id") == [["address", "new"], ["identity", "fleet/dns:a"]])
  }

  @Test func `A principal's name is bounded and never empty`() {
    #expect(Principal(kind: .key, name: String(repeating: "k", count: 600)).name.utf8.count == 512)
    #expect(Principal(kind: .key, name: "").name == "?")
  }
}
