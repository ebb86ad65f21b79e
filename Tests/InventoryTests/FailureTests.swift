import Foundation
import GRDB
import Testing

@testable import Inventory

struct FailureTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("inventory.sqlite")
  }

  @Test func `A full disk is a typed error, leaves what there was, and passes`() throws {
    let database = try InventoryDatabase.open(path: path)
    let first = try database.add(Made.artifact(1), at: .noon)
    try database.fill()
    let torrent = try Made.torrent("large", v1: Made.hash(2))
    let large = NewArtifact(
      torrent: torrent, torrentBytes: [UInt8](repeating: 7, count: 1 << 20), data: Made.artifact(torrent).data)
    #expect(throws: InventoryError.full(place: path)) { try database.add(large, at: .noon) }
    #expect(try database.artifacts() == [first])
    try database.unfill()
    let second = try database.add(large, at: .noon)
    #expect(try database.artifacts() == [first, second])
    try database.checkIntegrity()
  }

  @Test func `A lock that another process keeps is a typed error`() throws {
    let database = try InventoryDatabase.open(path: path, busyTimeout: .milliseconds(1))
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: path, configuration: configuration)
    try other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
    #expect(throws: InventoryError.busy(place: path)) { try database.add(Made.artifact(1), at: .noon) }
    try other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    try database.add(Made.artifact(1), at: .noon)
  }

  @Test func `A damaged page is found by the check, and by who reads it`() throws {
    let database = try InventoryDatabase.open(path: path)
    for number in 1...40 { try database.add(Made.artifact(number), at: .noon) }
    let page = try #require(try Int(database.rows("SELECT rootpage FROM sqlite_master WHERE name = 'artifacts'")[0][0]))
    try database.checkpoint()
    try database.close()
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.seek(toOffset: UInt64((page - 1) * 4096))
    try handle.write(contentsOf: Data(repeating: 0xA5, count: 4096))
    try handle.close()

    let damaged = try InventoryDatabase.open(readingAt: path)
    #expect { try damaged.checkIntegrity() } throws: { isCorrupt($0) }
    #expect { _ = try damaged.artifacts() } throws: { isCorrupt($0) }
  }

  @Test func `A row that a foreign hand has made senseless is an error, not a trap`() throws {
    let database = try InventoryDatabase.inMemory()
    let id = try database.add(Made.artifact(1), at: .noon).id
    try database.execute("PRAGMA ignore_check_constraints = ON; UPDATE artifacts SET state = 'asleep'")
    #expect(throws: InventoryError.corrupt(place: ":memory:", problem: "state is \"asleep\"")) { try database.artifact(id) }
    try database.execute("UPDATE artifacts SET state = 'ready', info_hash_v1 = x'00'; PRAGMA ignore_check_constraints = OFF")
    #expect(throws: InventoryError.corrupt(place: ":memory:", problem: "an artifact without an info-hash")) { try database.artifact(id) }
    #expect { try database.checkIntegrity() } throws: { isCorrupt($0) }
  }

  @Test func `Only what may pass by itself is temporary`() {
    #expect(InventoryError.full(place: "").isTemporary && InventoryError.busy(place: "").isTemporary)
    #expect(!InventoryError.corrupt(place: "", problem: "").isTemporary && !InventoryError.invalid(problem: "").isTemporary)
  }

  private func isCorrupt(_ error: any Error) -> Bool {
    if case .corrupt? = error as? InventoryError { true } else { false }
  }
}

extension InventoryDatabase {
  /// From now on the database may not grow, as on a full disk.
  func fill() throws {
    let pages = try rows("PRAGMA page_count")[0][0]
    try execute("PRAGMA max_page_count = \(pages)")
  }

  func unfill() throws { try execute("PRAGMA max_page_count = 1000000") }
}
