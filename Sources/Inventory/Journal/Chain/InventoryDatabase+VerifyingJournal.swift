import Foundation
import GRDB
import OpenSSL

extension InventoryDatabase {
  /// Reads the whole journal and its chain in one snapshot, and tells what does not fit. Takes time in proportion to the rows.
  ///
  /// - Parameters:
  ///   - keys: of which signatures are good; with none, hashes alone are compared.
  ///   - known: a head from the log or from `status`, which the chain must have gone through.
  package func verifyJournal(keys: [Ed25519.PublicKey], known: JournalHead? = nil) throws(InventoryError) -> JournalVerification {
    try read { db in
      var checker = ChainChecker(keys: keys, known: known, pruned: try Self.lastPruning(db))
      var rows = try JournalIDs(db)
      let links = try Row.fetchCursor(db, sql: StoredChain.sql)
      while let row = try links.next() {
        let link = try StoredChain.link(row)
        if link.kind.bringsRow, let id = link.row {
          try rows.pass(to: id) { checker.meet(unchained: $0) }
        }
        checker.check(link, try StoredChain.row(row))
      }
      try rows.pass(to: nil) { checker.meet(unchained: $0) }
      return checker.finish(lastLink: try Self.counter(db, of: "journal_chain"), lastRow: try Self.counter(db, of: "journal"))
    }
  }

  /// Whether the chain has a signature.
  package func hasSignedJournal() throws(InventoryError) -> Bool {
    try read { try Bool.fetchOne($0, sql: "SELECT EXISTS (SELECT 1 FROM journal_chain WHERE signature IS NOT NULL)") ?? false }
  }

  private static func lastPruning(_ db: Database) throws -> ChainNotes.Pruned? {
    let body = try Data.fetchOne(db, sql: "SELECT body FROM journal_chain WHERE kind = 'pruned' ORDER BY seq DESC LIMIT 1")
    return ChainNotes.Pruned(body: body.map { [UInt8]($0) })
  }

  /// The highest number that a table has ever given to a row.
  static func counter(_ db: Database, of table: String) throws -> Int64 {
    try Int64.fetchOne(db, sql: "SELECT seq FROM sqlite_sequence WHERE name = ?", arguments: [table]) ?? 0
  }
}

/// The ids of the journal's rows, ascending, beside the links that bring them.
private struct JournalIDs {
  private let cursor: FastDatabaseValueCursor<Int64>
  private var next: Int64?

  init(_ db: Database) throws {
    cursor = try Int64.fetchCursor(db, sql: "SELECT id FROM journal ORDER BY id")
    next = try cursor.next()
  }

  /// Goes on behind the row `id` that a link brings, or to the end; calls `body` with each row on the way that none brings.
  mutating func pass(to id: Int64?, _ body: (Int64) -> Void) throws {
    while let row = next, id.map({ row <= $0 }) ?? true {
      if row != id { body(row) }
      next = try cursor.next()
    }
  }
}
