import Foundation
import Synchronization
import Testing

@testable import Inventory

struct JournalWriterTests {
  private let database: InventoryDatabase

  init() throws { database = try InventoryDatabase.inMemory() }

  private func addresses() throws -> [String?] { try database.journal().map(\.entry.address) }

  @Test func `A flush stores all that was appended before it`() throws {
    let writer = JournalWriter(database: database)
    writer.append(Made.refusal(0, address: "a"))
    writer.append(Made.refusal(1, address: "a"))
    writer.append(Made.refusal(1, address: "b"))
    #expect(writer.status.pending == 2)
    #expect(try addresses() == [])
    try writer.flush()
    #expect(try addresses() == ["a", "b"])
    #expect(try database.journal().map(\.count) == [2, 1])
    #expect(writer.status.pending == 0 && writer.status.stored == 3)
  }

  @Test func `Repetitions are counted across flushes`() throws {
    let writer = JournalWriter(database: database, sealing: JournalSealing(clock: { .noon }))
    for second in [0, 20, 40, 70] {
      writer.append(Made.refusal(second))
      try writer.flush()
    }
    #expect(try database.journal().map(\.count) == [3, 1])
  }

  @Test func `A full queue counts what it drops and tells of the gap`() throws {
    let woken = Mutex(0)
    let writer = JournalWriter(database: database, limits: JournalLimits(queue: 4)) { woken.withLock { $0 += 1 } }
    for number in 0..<7 { writer.append(Made.refusal(number, address: "\(number)")) }
    #expect(writer.status.dropped == 3)
    #expect(woken.withLock { $0 } == 1)
    try writer.flush()
    let rows = try database.journal()
    #expect(rows.map(\.entry.address) == ["0", "1", "2", "3", nil])
    #expect(rows.last?.entry.verdict == "gap" && rows.last?.entry.at == .noon(plus: 4))
    let reason = "3 entries until 2026-11-22T16:40:06.000Z were not kept: the journal could not be written fast enough"
    #expect(rows.last?.entry.reason == reason)
    try writer.flush()
    #expect(try database.journal().count == 5)
  }

  @Test func `A full disk degrades to counters and passes by itself`() throws {
    let writer = JournalWriter(database: database, limits: JournalLimits(queue: 50))
    try database.fill()
    func append(_ prefix: String, _ count: Int) {
      for number in 0..<count { writer.append(Made.refusal(0, address: "\(prefix)\(number)", facts: String(repeating: "x", count: 3000))) }
    }
    append("first ", 40)
    #expect(throws: InventoryError.full(place: ":memory:")) { try writer.flush() }
    #expect(writer.status.isDegraded && writer.status.pending == 40 && writer.status.stored == 0)
    append("second ", 60)
    #expect(throws: InventoryError.full(place: ":memory:")) { try writer.flush() }
    #expect(writer.status.pending == 90 && writer.status.dropped == 10)
    try database.unfill()
    try writer.flush()
    #expect(!writer.status.isDegraded && writer.status.pending == 0)
    let rows = try database.journal()
    #expect(rows.count == 91)
    #expect(rows.first?.entry.address == "first 0" && rows[40].entry.address == "second 0" && rows[90].entry.verdict == "gap")
  }

  @Test func `What trying again would not help is counted as lost, and a gap tells of it`() throws {
    let writer = JournalWriter(database: database)
    try database.execute("ALTER TABLE journal RENAME TO elsewhere")
    writer.append(Made.refusal(0))
    #expect(throws: InventoryError.self) { try writer.flush() }
    #expect(writer.status.isDegraded && writer.status.pending == 0 && writer.status.dropped == 1)
    try database.execute("ALTER TABLE elsewhere RENAME TO journal")
    writer.append(Made.refusal(1))
    try writer.flush()
    #expect(!writer.status.isDegraded)
    #expect(try database.journal().map(\.entry.verdict) == ["deny", "gap"])
  }

  @Test func `The journal does not grow beyond its rows`() throws {
    let writer = JournalWriter(database: database, limits: JournalLimits(rows: 5, pruneEvery: 10))
    for number in 0..<34 {
      writer.append(Made.refusal(number, address: "\(number)"))
      try writer.flush()
      #expect(try database.counts().journalRows < 5 + 10)
    }
    #expect(try addresses().last == "33")
  }

  @Test func `Appending from many threads loses nothing`() throws {
    let writer = JournalWriter(database: database)
    DispatchQueue.concurrentPerform(iterations: 8) { worker in
      for number in 0..<100 { writer.append(Made.refusal(0, address: "\(worker).\(number)")) }
      try? writer.flush()
    }
    #expect(writer.status.pending == 0 && writer.status.stored == 800)
    #expect(try Set(addresses()).count == 800)
  }

  @Test func `What one writer has not stored another stores as it was counted`() throws {
    let former = JournalWriter(database: database, limits: JournalLimits(queue: 2))
    let last = Made.refusal(1, address: "a")
    for entry in [Made.refusal(0, address: "a"), last, Made.refusal(2, address: "b"), Made.refusal(3, address: "c")] {
      former.append(entry)
    }
    let sent = try JSONDecoder().decode([CountedEntry].self, from: JSONEncoder().encode(former.surrender()))
    try former.flush()
    #expect(try addresses() == [])
    let heir = JournalWriter(database: database)
    heir.adopt(sent)
    try heir.flush()
    let rows = try database.journal()
    #expect(rows.map(\.entry.address) == ["a", "b", nil] && rows.map(\.count) == [2, 1, 1])
    #expect(rows.first?.lastAt == last.at && rows.last?.entry.verdict == "gap")
  }

  @Test func `What the disk has refused is handed over, too`() throws {
    let former = JournalWriter(database: database)
    for number in 0..<40 { former.append(Made.refusal(0, address: "refused \(number)", facts: String(repeating: "x", count: 3000))) }
    try database.fill()
    #expect(throws: InventoryError.full(place: ":memory:")) { try former.flush() }
    former.append(Made.refusal(1, address: "later"))
    #expect(former.surrender().map(\.entry.address) == (0..<40).map { "refused \($0)" } + ["later"])
    #expect(former.status.pending == 0)
    try database.unfill()
    try former.flush()
    #expect(try addresses() == [])
  }
}
