import Metainfo
import Testing

@testable import Inventory

struct AddressCrowdTests {
  private func refusal(_ second: Int, address: String = "10.0.0.1", hash: UInt8) -> JournalEntry {
    JournalEntry(
      at: .noon(plus: second), verdict: "deny", isRefusal: true, operation: "connect", address: address, infoHash: .hash(of: [hash]),
      plugin: "engine", reason: "no artifact in service has this info-hash")
  }

  @Test func `An address has so many rows of its own in a window, and one for all others`() {
    var crowd = AddressCrowd(rowsPerAddress: 3, window: .seconds(60))
    let taken = (0..<10).map { crowd.taken(refusal(Int($0), hash: $0)).entry }
    #expect(taken.prefix(3).allSatisfy { $0.infoHash != nil })
    #expect(Set(taken.dropFirst(3).map(\.reason)) == ["one of many different refusals of this address"])
    #expect(taken.last?.address == "10.0.0.1" && taken.last?.operation == "connect" && taken.last?.isRefusal == true)
    // What it was refused before goes on being counted there, and others have rows of their own.
    #expect(crowd.taken(refusal(20, hash: 1)).entry.infoHash != nil)
    #expect(crowd.taken(refusal(20, address: "10.0.0.2", hash: 99)).entry.infoHash != nil)
    #expect(crowd.taken(refusal(59, hash: 77)).entry.infoHash == nil)
    #expect(crowd.taken(refusal(60, hash: 77)).entry.infoHash != nil)
  }

  @Test func `What is allowed is a row each until it is a storm, and counted then`() throws {
    let database = try InventoryDatabase.inMemory()
    let writer = JournalWriter(
      database: database, limits: JournalLimits(rowsPerAddress: 4), sealing: JournalSealing(clock: { .noon }))
    for second in 0..<50 {
      writer.append(
        JournalEntry(at: .noon(plus: second), verdict: "allow", isRefusal: false, operation: "connect", address: "10.0.0.1", plugin: "gate")
      )
    }
    try writer.flush()
    #expect(try database.journal().map(\.count) == [1, 1, 1, 1, 46])
  }

  @Test func `Addresses without number are forgotten, and take no memory without end`() {
    var crowd = AddressCrowd(rowsPerAddress: 1, window: .seconds(60), capacity: 2)
    for number in 0..<1000 { #expect(crowd.taken(refusal(0, address: "\(number)", hash: 1)).entry.infoHash != nil) }
  }

  @Test func `A storm of random names is a row or two on disk`() throws {
    let database = try InventoryDatabase.inMemory()
    let writer = JournalWriter(
      database: database, limits: JournalLimits(rowsPerAddress: 4), sealing: JournalSealing(clock: { .noon }))
    for batch in 0..<5 {
      for number in 0..<40 { writer.append(refusal(batch, hash: UInt8(batch * 40 + number))) }
      try writer.flush()
    }
    #expect(try database.journal().map(\.count) == [1, 1, 1, 1, 196])
  }
}
