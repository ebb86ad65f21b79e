import GRDB
import Metainfo
import Testing

@testable import Inventory

struct PendingBookTests {
  private let database: InventoryDatabase

  init() throws { database = try InventoryDatabase.inMemory() }

  private func limits(_ change: (inout PendingLimits) -> Void) -> PendingLimits {
    var limits = PendingLimits()
    change(&limits)
    return limits
  }

  @Test func `Refusals of one wish are one row, that tells of the last one`() throws {
    let book = PendingBook(database: database)
    book.record(try Made.entry(at: 5))
    book.record(try Made.entry(at: 9, operation: "request"))
    #expect(book.status.waiting == 1)
    try book.flush()
    book.record(try Made.entry(at: 7))
    try book.flush()
    let row = try #require(try database.pending().first)
    #expect(try database.pendingCount() == 1)
    #expect(row.count == 3 && row.firstSeen == .noon(plus: 5) && row.lastSeen == .noon(plus: 9))
    #expect(row.wish.principal == "fleet/dns:edge-7" && row.wish.infoHash == Made.hash(1) && row.wish.artifact == "artifact-1")
    #expect(book.status == PendingBook.Status())
  }

  @Test func `Who wants what has an id of its own, and the same one each time`() throws {
    let wishes = try [
      Made.entry(), Made.entry("edge-8"), Made.entry(artifact: 2), Made.entry(artifact: 0), Made.entry(trust: "other"),
    ].map(\.wish)
    #expect(Set(wishes.map(\.id)).count == wishes.count)
    #expect(wishes.allSatisfy { $0.id.count == 12 && $0.id.allSatisfy(\.isHexDigit) })
    #expect(try Made.entry(at: 50).wish.id == wishes[0].id)
    // What could be read in two ways is not the same.
    let one = try #require(Wish(trust: "a", name: "bc:d"))
    #expect(Wish(trust: "ab", name: "c:d")?.id != one.id)
    #expect(Wish(trust: "a", name: String(repeating: "x", count: 512)) == nil)
    #expect(Wish(trust: "a", name: "dns:x\0y") == nil && Wish(trust: "", name: "dns:x") == nil)
  }

  @Test func `The wishes that are repeated stay, and the others make room`() throws {
    let book = PendingBook(database: database, limits: limits { $0.rows = 3 })
    for second in 0..<3 { book.record(try Made.entry("edge-\(second)", at: second)) }
    try book.flush()
    book.record(try Made.entry("edge-0", at: 10))
    book.record(try Made.entry("edge-9", at: 11))
    try book.flush()
    #expect(try database.pending().map(\.wish.name) == ["dns:edge-9", "dns:edge-0", "dns:edge-2"])
    #expect(book.status.forgotten == 1)
  }

  @Test func `Who asks for everything pushes nobody else out`() throws {
    let book = PendingBook(database: database)
    for second in 0..<50 { book.record(try Made.entry("modest-\(second)", at: second)) }
    try book.flush()
    // More than there may be in all, in one batch and in many.
    for artifact in 1...1500 { book.record(try Made.entry("greedy", artifact: artifact, at: 100)) }
    #expect(book.status.waiting == 32 && book.status.dropped == 1468)
    book.record(try Made.entry("late", at: 100))
    try book.flush()
    for artifact in 2000...2100 {
      book.record(try Made.entry("greedy", artifact: artifact, at: artifact))
      try book.flush()
    }
    let kept = try database.pending()
    #expect(kept.count(where: { $0.wish.name == "dns:greedy" }) == 32)
    #expect(kept.count(where: { $0.wish.name.hasPrefix("dns:modest") }) == 50)
    #expect(kept.contains { $0.wish.name == "dns:late" })
  }

  @Test func `What was not repeated for a month goes`() throws {
    let book = PendingBook(database: database)
    book.record(try Made.entry("old", at: 0))
    try book.flush()
    book.record(try Made.entry("new", at: 30 * 86_400 + 1))
    try book.flush()
    #expect(try database.pending().map(\.wish.name) == ["dns:new"])
  }

  @Test func `A full disk keeps what there is room for, counts the rest, and passes by itself`() throws {
    let book = PendingBook(database: database, limits: limits { $0.rows = 300 })
    try database.fill()
    for number in 0..<200 { book.record(try Made.entry("edge-\(number)")) }
    #expect(throws: InventoryError.full(place: ":memory:")) { try book.flush() }
    #expect(book.status.problem == .full(place: ":memory:") && book.status.waiting == 200 && book.status.dropped == 0)
    for number in 200..<350 { book.record(try Made.entry("edge-\(number)")) }
    #expect(book.status.waiting == 300 && book.status.dropped == 50)
    try database.unfill()
    try book.flush()
    #expect(book.status.problem == nil && book.status.waiting == 0)
    #expect(try database.pendingCount() == 300)
  }

  @Test func `What was written survives the file's being closed`() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("inventory.sqlite")
    let first = try InventoryDatabase.open(path: path)
    try first.note([try Made.entry("a"), try Made.entry("b"), try Made.entry("c")])
    let approval = try first.approve(try Made.entry("a").wish.id, Made.terms())
    let rejected = try first.rejectWish(try Made.entry("b").wish.id, Made.terms())
    try first.close()
    let second = try InventoryDatabase.open(path: path)
    #expect(try second.pending().map(\.wish.name) == ["dns:c"])
    #expect(try second.approvals(at: .noon(plus: 200)) == [approval])
    try second.note([try Made.entry("b", at: 300)])
    #expect(try second.pending().allSatisfy { $0.wish != rejected })
    #expect(
      try second.rows("SELECT id, principal, operations, approved_by, until_at FROM approvals_view") == [
        [approval.wish.id, "fleet/dns:a", "connect,metadata,request", "uid 0", Timestamp.noon(plus: 1100).iso8601]
      ])
    try second.checkIntegrity()
    try second.close()
  }
}
