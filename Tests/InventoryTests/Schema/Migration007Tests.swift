import GRDB
import Testing

@testable import Inventory

/// An inventory of before, after the table of artifacts has a state more.
struct Migration007Tests {
  @Test func `An inventory of migration 006 keeps its artifacts and takes fetches`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.inventory(upTo: "006-pending") { db in
      try db.execute(
        sql: """
          INSERT INTO artifacts (name, info_hash_v1, piece_length, piece_count, size, file_count, is_private, data_root, state, added_at, state_at)
          VALUES ('old', zeroblob(20), 16384, 1, 5, 1, 1, '/data', 'paused', 1, 1)
          """)
      #expect(throws: DatabaseError.self) { try db.execute(sql: "UPDATE artifacts SET state = 'fetching'") }
    }
    let database = try InventoryDatabase.open(path: path)
    let old = try database.find("old")
    #expect(old.state == .paused && old.dataRoot == "/data")
    try database.setState(.fetching, of: old.id, at: .noon)
    #expect(try database.artifact(old.id).state == .fetching)
    #expect(throws: DatabaseError.self) { try database.execute("UPDATE artifacts SET state = 'lost'") }
    #expect(try database.rows("PRAGMA integrity_check") == [["ok"]])
    try database.close()
  }
}
