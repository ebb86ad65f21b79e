import GRDB

extension InventoryDatabase {
  /// Forgets the oldest rows: those beyond the newest `rows`, and those before the first one whose last verdict fell at `time` or later.
  /// Returns how many.
  @discardableResult
  package func pruneJournal(keeping rows: Int? = nil, olderThan time: Timestamp? = nil) throws(InventoryError) -> Int {
    var keeper = ChainKeeper()
    return try pruneJournal(keeping: rows, olderThan: time, &keeper, at: .now())
  }

  /// As above, with links. Works in transactions of 10,000 rows, so that other changes need not wait for all of it.
  func pruneJournal(
    keeping rows: Int?, olderThan time: Timestamp? = nil, _ keeper: inout ChainKeeper, at now: Timestamp
  ) throws(InventoryError) -> Int {
    var total = 0
    if let rows {
      total += try prune("id <= (SELECT id FROM journal ORDER BY id DESC LIMIT 1 OFFSET ?)", max(0, Int64(rows)), &keeper, now)
    }
    if let time {
      let kept = "SELECT id FROM journal WHERE last_at >= ? ORDER BY id LIMIT 1"
      total += try prune("id < coalesce((\(kept)), \(Int64.max))", time.nanoseconds, &keeper, now)
    }
    return total
  }

  /// `condition` must hold for the oldest rows only.
  private func prune(
    _ condition: String, _ argument: Int64, _ keeper: inout ChainKeeper, _ now: Timestamp
  ) throws(InventoryError) -> Int {
    let chunk = 10_000
    let sql = "SELECT max(id) AS last, count(*) AS n FROM (SELECT id FROM journal WHERE \(condition) ORDER BY id LIMIT \(chunk))"
    var total = 0
    while true {
      // Looked for first: mostly there is nothing to forget, and then nothing is written.
      guard let (last, count) = try read({ try Self.oldest($0, sql, argument) }) else { return total }
      try chained(&keeper, at: now) { db, chain in
        try chain.prune(throughRow: last, rows: Int64(count), at: now)
        try db.execute(sql: "DELETE FROM journal WHERE id <= ?", arguments: [last])
      }
      total += count
      if count < chunk { return total }
    }
  }

  /// The last row of those to forget, and how many there are; nil for none.
  private static func oldest(_ db: Database, _ sql: String, _ argument: Int64) throws -> (last: Int64, count: Int)? {
    guard let row = try Row.fetchOne(db, sql: sql, arguments: [argument]), let last: Int64 = try row.value("last") else { return nil }
    return (last, try row.value("n"))
  }
}
