import GRDB

/// What operators say to wishes. A wish is named by its id, or by a start of it that no other has.
extension InventoryDatabase {
  /// Approvals at a time, at most.
  package static let mostApprovals = 10_000
  /// Rejections that are remembered; the oldest go first.
  package static let mostRejections = 1000

  /// Allows what is wished, for a time, in the place of an approval that there may be. The wish is pending no more. A rejection ends.
  package func approve(_ id: String, _ terms: ApprovalTerms) throws(InventoryError) -> StoredApproval {
    try write { db in
      try db.execute(sql: "DELETE FROM approvals WHERE until_at <= ?", arguments: [terms.at.nanoseconds])
      let approval = StoredApproval(wish: try wish(id, in: ["pending", "approvals", "rejections"], db), terms)
      let others = try Int.fetchOne(db, sql: "SELECT count(*) FROM approvals WHERE id <> ?", arguments: [approval.wish.id]) ?? 0
      guard others < Self.mostApprovals else { throw InventoryError.invalid(problem: "there are \(others) approvals already") }
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO approvals (\(Wish.columns), operations, approved_by, reason, at, until_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: approval.wish.values + [
          approval.operations.joined(separator: ","), approval.by, approval.reason, approval.at.nanoseconds, approval.until.nanoseconds,
        ])
      for table in ["pending", "rejections"] { try remove(approval.wish.id, from: table, db) }
      return approval
    }
  }

  /// Takes an approval back.
  package func revokeApproval(_ id: String) throws(InventoryError) -> StoredApproval {
    try write { db in
      let wish = try wish(id, in: ["approvals"], db)
      guard let row = try Row.fetchOne(db, sql: "SELECT * FROM approvals WHERE id = ?", arguments: [wish.id]) else {
        throw InventoryError.unknownWish(id)
      }
      try remove(wish.id, from: "approvals", db)
      return try StoredApproval(row)
    }
  }

  /// Drops a pending wish, which does not come back for a time.
  package func rejectWish(_ id: String, _ terms: ApprovalTerms) throws(InventoryError) -> Wish {
    try write { db in
      let wish = try wish(id, in: ["pending"], db)
      try db.execute(
        sql: "INSERT OR REPLACE INTO rejections (\(Wish.columns), rejected_by, reason, at, until_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        arguments: wish.values + [
          terms.by, StoredText.bounded(terms.reason, to: JournalEntry.Limit.reason), terms.at.nanoseconds, terms.until.nanoseconds,
        ])
      try remove(wish.id, from: "pending", db)
      try db.execute(
        sql: """
          DELETE FROM rejections WHERE until_at <= ? OR id IN (SELECT id FROM rejections ORDER BY at DESC, id LIMIT -1 OFFSET ?)
          """, arguments: [terms.at.nanoseconds, Self.mostRejections])
      return wish
    }
  }

  /// The approvals that hold, the next to end first.
  package func approvals(at now: Timestamp) throws(InventoryError) -> [StoredApproval] {
    try read { db in
      let sql = "SELECT * FROM approvals WHERE until_at > ? ORDER BY until_at, id"
      return try Row.fetchAll(db, sql: sql, arguments: [now.nanoseconds]).map(StoredApproval.init)
    }
  }

  private func remove(_ id: String, from table: String, _ db: Database) throws {
    try db.execute(sql: "DELETE FROM \(table) WHERE id = ?", arguments: [id])
  }

  /// The one wish of these tables whose id begins with the text.
  private func wish(_ text: String, in tables: [String], _ db: Database) throws -> Wish {
    guard !text.isEmpty, text.utf8.count <= 12, text.allSatisfy(\.isHexDigit) else { throw InventoryError.unknownWish(text) }
    let parts = tables.map { "SELECT \(Wish.columns) FROM \($0) WHERE id >= :start AND id < :start || 'g'" }
    let sql = "SELECT * FROM (\(parts.joined(separator: " UNION ALL "))) GROUP BY id ORDER BY id LIMIT \(Self.candidateLimit)"
    let found = try Row.fetchAll(db, sql: sql, arguments: ["start": text.lowercased()]).map { try Wish($0) }
    guard let wish = found.first else { throw InventoryError.unknownWish(text) }
    guard found.count == 1 else { throw InventoryError.ambiguousWish(text: text, candidates: found) }
    return wish
  }
}
