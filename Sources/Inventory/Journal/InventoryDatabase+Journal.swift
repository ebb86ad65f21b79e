import GRDB
import Metainfo

extension InventoryDatabase {
  /// Appends a batch in one transaction. A refusal that is equal to one whose row began less than `window` before it is counted there.
  package func append(_ entries: [JournalEntry], mergingWithin window: Duration) throws(InventoryError) {
    _ = try append(entries.map(CountedEntry.init), mergingWithin: window)
  }

  /// As above; gives how many of the batch were counted in rows that were there.
  func append(_ batch: [CountedEntry], mergingWithin window: Duration) throws(InventoryError) -> Int64 {
    if batch.isEmpty { return 0 }
    return try write { db in
      var merged: Int64 = 0
      for counted in batch {
        let key = JournalKey(counted.entry).number
        let window = counted.entry.isDigest ? StrangerHashes.window : window
        if counted.entry.isRefusal, try merge(counted, key: key, since: counted.entry.at.advanced(by: .zero - window), db) {
          merged += 1
        } else {
          try insert(counted, key: key, db)
        }
      }
      return merged
    }
  }

  /// The rows that a filter admits, oldest first: the next ones after `after`, or else the newest.
  package func journal(_ filter: JournalFilter = JournalFilter()) throws(InventoryError) -> [JournalRow] {
    let (condition, arguments) = filter.condition
    let order = filter.after == nil ? "DESC" : "ASC"
    let sql = "SELECT * FROM (SELECT * FROM journal WHERE \(condition) ORDER BY id \(order) LIMIT ?) ORDER BY id"
    return try read { try Row.fetchAll($0, sql: sql, arguments: arguments + [max(0, filter.limit)]).map(JournalRow.init) }
  }

  /// Forgets the oldest rows: those beyond the newest `rows`, and those whose last verdict fell before `time`. Returns how many.
  ///
  /// Works in transactions of 10,000 rows, so that other changes need not wait for all of it.
  @discardableResult
  package func pruneJournal(keeping rows: Int? = nil, olderThan time: Timestamp? = nil) throws(InventoryError) -> Int {
    var total = 0
    if let rows {
      total += try pruneJournal("id <= (SELECT id FROM journal ORDER BY id DESC LIMIT 1 OFFSET ?)", [max(0, rows)])
    }
    if let time { total += try pruneJournal("last_at < ?", [time.nanoseconds]) }
    return total
  }

  private func pruneJournal(_ condition: String, _ arguments: StatementArguments) throws(InventoryError) -> Int {
    let chunk = 10_000
    let sql = "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE \(condition) ORDER BY id LIMIT \(chunk))"
    var total = 0
    while true {
      let count = try write { db in
        try db.execute(sql: sql, arguments: arguments)
        return db.changesCount
      }
      total += count
      if count < chunk { return total }
    }
  }

  private func merge(_ counted: CountedEntry, key: Int64, since: Timestamp, _ db: Database) throws -> Bool {
    let entry = counted.entry
    let statement = try db.cachedStatement(
      sql: """
        UPDATE journal SET count = min(count, \(Int64.max) - ?) + ?, last_at = max(last_at, ?), facts = coalesce(?, facts) WHERE id = (
          SELECT id FROM journal WHERE refused = 1 AND merge_key = ? AND at > ? AND verdict = ? AND operation = ? AND principal IS ?
            AND address IS ? AND info_hash IS ? AND artifact IS ? AND plugin IS ? AND rule IS ? AND reason IS ? AND place IS ?
            AND policy_generation IS ?
          ORDER BY id DESC LIMIT 1)
        """)
    try statement.execute(
      arguments: [
        counted.count, counted.count, counted.lastAt.nanoseconds, entry.isDigest ? entry.facts : nil, key, since.nanoseconds,
      ] + entry.sharedColumns)
    return db.changesCount > 0
  }

  private func insert(_ counted: CountedEntry, key: Int64, _ db: Database) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO journal (at, last_at, count, refused, facts, merge_key, verdict, operation, principal, address, info_hash, artifact,
          plugin, rule, reason, place, policy_generation)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    let entry = counted.entry
    let own: StatementArguments = [
      entry.at.nanoseconds, counted.lastAt.nanoseconds, counted.count, entry.isRefusal, entry.facts, key,
    ]
    try statement.execute(arguments: own + entry.sharedColumns)
  }
}

extension JournalEntry {
  /// The columns that equal refusals share, in the statements' order.
  fileprivate var sharedColumns: StatementArguments {
    [
      verdict, operation, principal, address, infoHash?.description, artifact, plugin, rule, reason, place, policyGeneration,
    ]
  }
}
