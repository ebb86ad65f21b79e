import GRDB

extension InventoryDatabase {
  /// Adds a batch of refusals in one transaction and keeps to the limits. What an operator has rejected, or has approved since, is passed over.
  /// Returns how many wishes were forgotten.
  @discardableResult
  package func note(_ batch: [PendingEntry], _ limits: PendingLimits = PendingLimits()) throws(InventoryError) -> Int {
    guard let latest = batch.map(\.lastSeen).max() else { return 0 }
    return try write { db in
      for entry in batch where try !isAnswered(entry, db) { try add(entry, db) }
      var forgotten = try forget("last_seen < ?", [latest.advanced(by: .zero - limits.quiet).nanoseconds], db)
      for wish in Set(batch.map { [$0.wish.trust, $0.wish.name] }) {
        forgotten += try forgetBeyond(limits.perIdentity, "WHERE trust = ? AND name = ?", StatementArguments(wish), db)
      }
      return try forgotten + forgetBeyond(limits.rows, "", [], db)
    }
  }

  /// The wishes that wait for an answer, the last ones first.
  package func pending(limit: Int = 1000) throws(InventoryError) -> [PendingEntry] {
    try read { db in
      let sql = "SELECT * FROM pending ORDER BY last_seen DESC, id LIMIT ?"
      return try Row.fetchAll(db, sql: sql, arguments: [max(0, limit)]).map(PendingEntry.init)
    }
  }

  /// How many wishes wait for an answer.
  package func pendingCount() throws(InventoryError) -> Int {
    try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM pending") ?? 0 }
  }

  private func isAnswered(_ entry: PendingEntry, _ db: Database) throws -> Bool {
    let sql = """
      SELECT EXISTS (SELECT 1 FROM rejections WHERE id = ? AND until_at > ?) OR EXISTS (SELECT 1 FROM approvals WHERE id = ? AND at >= ?)
      """
    let (id, at) = (entry.wish.id, entry.lastSeen.nanoseconds)
    return try Bool.fetchOne(db, sql: sql, arguments: [id, at, id, at]) ?? false
  }

  private func add(_ entry: PendingEntry, _ db: Database) throws {
    // Two wishes under one id are all but impossible; the later one is none then, rather than be taken for the other.
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO pending (\(Wish.columns), address, operation, plugin, rule, reason, place, first_seen, last_seen, count)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET artifact = excluded.artifact, address = excluded.address, operation = excluded.operation,
          plugin = excluded.plugin, rule = excluded.rule, reason = excluded.reason, place = excluded.place,
          first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen),
          count = min(count, \(Int64.max) - excluded.count) + excluded.count
        WHERE trust = excluded.trust AND name = excluded.name AND info_hash IS excluded.info_hash
        """)
    let own: StatementArguments = [
      entry.address, entry.operation, entry.plugin, entry.rule, entry.reason, entry.place, entry.firstSeen.nanoseconds,
      entry.lastSeen.nanoseconds, entry.count,
    ]
    try statement.execute(arguments: entry.wish.values + own)
  }

  private func forgetBeyond(_ count: Int, _ condition: String, _ arguments: StatementArguments, _ db: Database) throws -> Int {
    let kept = "SELECT id FROM pending \(condition) ORDER BY last_seen DESC, id LIMIT -1 OFFSET ?"
    return try forget("id IN (\(kept))", arguments + [max(0, count)], db)
  }

  private func forget(_ condition: String, _ arguments: StatementArguments, _ db: Database) throws -> Int {
    try db.execute(sql: "DELETE FROM pending WHERE \(condition)", arguments: arguments)
    return db.changesCount
  }
}

extension PendingEntry {
  init(_ row: Row) throws {
    self.init(
      wish: try Wish(row), address: try row.value("address"), operation: try row.value("operation"), plugin: try row.value("plugin"),
      rule: try row.value("rule"), reason: try row.value("reason"), place: try row.value("place"), first: try row.time("first_seen"),
      last: try row.time("last_seen"), count: try row.value("count"))
  }
}
