import Metainfo
import Testing

@testable import Inventory

struct StrangerHashesTests {
  private func refusal(_ number: Int, at second: Int = 0, address: String = "10.0.0.1", artifact: String? = nil) -> JournalEntry {
    JournalEntry(
      at: .noon(plus: second), verdict: "deny", isRefusal: true, operation: "connect", principal: address, address: address,
      infoHash: SHA1Digest(hex: Made.hash(number)), artifact: artifact, plugin: "engine",
      reason: "no artifact in service has this info-hash")
  }

  @Test func `Random info-hashes of one address become one row, and the last ones can be asked about`() throws {
    let database = try InventoryDatabase.inMemory()
    let writer = JournalWriter(database: database, sealing: JournalSealing(clock: { .noon }))
    for number in 0..<1000 { writer.append(refusal(number, at: number)) }
    try writer.flush()
    for number in 1000..<2000 {
      writer.append(refusal(number, at: number))
      if number % 300 == 0 { try writer.flush() }
    }
    writer.append(refusal(0, at: 2000, address: "10.0.0.2"))
    try writer.flush()
    let rows = try database.journal()
    #expect(rows.map(\.count) == [1, 1, 1, 1, 1996, 1])
    #expect(rows.map(\.entry.address) == ["10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2"])
    #expect(rows[4].entry.infoHash == nil && rows[4].entry.reason?.contains("one of many") == true)
    #expect(writer.status.merged == 1995)
    // The first of them and the last, and none between.
    func count(_ number: Int) throws -> Int {
      try database.journal(JournalFilter(infoHashes: [#require(SHA1Digest(hex: Made.hash(number)))])).count
    }
    #expect(try count(3) == 1 && count(1999) == 1 && count(1992) == 1)
    #expect(try count(1991) == 0 && count(500) == 0)
  }

  @Test func `Artifacts of ours, allowances and repetitions are left as they are`() {
    var strangers = StrangerHashes()
    for number in 0..<20 {
      let known = refusal(number, artifact: "tools")
      #expect(strangers.digest(known) == known)
    }
    for _ in 0..<20 { #expect(strangers.digest(refusal(7)) == refusal(7)) }
    for number in 0..<20 { _ = strangers.digest(refusal(number)) }
    #expect(strangers.digest(refusal(7)) == refusal(7))
    let digest = strangers.digest(refusal(99))
    #expect(digest.infoHash == nil)
    // After a pause the address begins anew.
    #expect(strangers.digest(refusal(99, at: 700)) == refusal(99, at: 700))
  }

  @Test func `The rows that are kept can be made fewer`() throws {
    let database = try InventoryDatabase.inMemory()
    let writer = JournalWriter(database: database, limits: JournalLimits(rows: 1000, pruneEvery: 10))
    for number in 0..<20 { writer.append(Made.refusal(0, address: "10.0.0.\(number)")) }
    try writer.flush()
    writer.keep(rows: 5)
    for number in 20..<40 { writer.append(Made.refusal(0, address: "10.0.0.\(number)")) }
    try writer.flush()
    #expect(try database.counts().journalRows == 5)
    #expect(writer.status.pruned == 35)
  }
}
