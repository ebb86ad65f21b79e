import Testing

@testable import Inventory

struct TransferLedgerTests {
  private let database: InventoryDatabase
  private let artifact: ArtifactID

  init() throws {
    database = try InventoryDatabase.inMemory()
    artifact = try database.add(Made.artifact(1), at: .noon).id
  }

  @Test func `Sums are stored once, however often it is flushed`() throws {
    let ledger = TransferLedger(database: database)
    for _ in 0..<3 { ledger.record(Made.delta(artifact: artifact, bytes: 10, blocks: 2)) }
    #expect(ledger.status.pending == 1)
    try ledger.flush()
    try ledger.flush()
    ledger.record(Made.delta(artifact: artifact, bytes: 1))
    try ledger.flush()
    #expect(try database.transfers(of: artifact).map(\.bytes) == [31])
    #expect(try database.transfers(of: artifact).map(\.blocks) == [7])
    #expect(ledger.status == TransferLedger.Status())
  }

  @Test func `A full disk loses nothing, is told, and passes by itself`() throws {
    let ledger = TransferLedger(database: database)
    try database.fill()
    for number in 0..<200 { ledger.record(Made.delta("principal \(number)", artifact: artifact, bytes: 1)) }
    #expect(throws: InventoryError.full(place: ":memory:")) { try ledger.flush() }
    #expect(ledger.status.isDegraded && ledger.status.pending == 200)
    ledger.record(Made.delta("principal 0", artifact: artifact, bytes: 1))
    #expect(throws: InventoryError.full(place: ":memory:")) { try ledger.flush() }
    try database.unfill()
    try ledger.flush()
    #expect(!ledger.status.isDegraded && ledger.status.pending == 0)
    #expect(try database.counts().bytes == 201)
  }

  @Test func `Principals beyond the limit are counted, not kept`() throws {
    let ledger = TransferLedger(database: database, capacity: 2)
    for name in ["a", "b", "c", "a"] { ledger.record(Made.delta(name, artifact: artifact, bytes: 7)) }
    #expect(ledger.status.pending == 2 && ledger.status.droppedBytes == 7)
    try ledger.flush()
    #expect(try database.counts().bytes == 21)
  }
}
