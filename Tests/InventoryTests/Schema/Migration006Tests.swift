import GRDB
import Testing

@testable import Inventory

/// An inventory of before, with a journal, after migration 006.
struct Migration006Tests {
  @Test func `An inventory of migration 005 keeps its rows and takes wishes`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.inventory(upTo: "005-journal-chain") { db in
      try db.execute(
        sql: """
          INSERT INTO journal (at, last_at, count, refused, verdict, operation, principal, merge_key)
          VALUES (1, 1, 1, 1, 'deny', 'connect', 'fleet/dns:edge-7', 5)
          """)
      #expect(try Int.fetchOne(db, sql: "PRAGMA user_version") == 5)
    }
    let database = try InventoryDatabase.open(path: path)
    #expect(try database.journal().map(\.entry.principal) == ["fleet/dns:edge-7"])
    #expect(try database.pending().isEmpty)
    #expect(try database.approvals(at: .noon).isEmpty)
    try database.note([try Made.entry()])
    #expect(
      try database.rows("SELECT principal, artifact, operation, plugin, count FROM pending_view") == [
        ["fleet/dns:edge-7", "artifact-1", "connect", "allowlist", "1"]
      ])
    try database.close()
  }
}
