import GRDB
import Metainfo

extension InventoryDatabase {
  /// Appends a batch in one transaction. A refusal that is equal to one whose row began less than `window` before it is counted there.
  package func append(_ entries: [JournalEntry], mergingWithin window: Duration) throws(InventoryError) {
    var keeper = ChainKeeper()
    try chained(&keeper, at: entries.map(\.at).max() ?? .now()) { db, chain in
      _ = try append(entries.map(CountedEntry.init), mergingWithin: window, &chain, db)
    }
  }

  /// Appends a batch with its links; gives how many of it were counted in rows that were there.
  func append(_ batch: [CountedEntry], mergingWithin window: Duration, _ chain: inout ChainWriter, _ db: Database) throws -> Int64 {
    var merged: Int64 = 0
    for counted in batch {
      let key = JournalKey(counted.entry).number
      let window = counted.entry.isDigest ? StrangerHashes.window : window
      if counted.entry.isRefusal, try merge(counted, key: key, since: counted.entry.at.advanced(by: .zero - window), db) {
        merged += 1
      } else {
        try insert(counted, key: key, openFor: counted.entry.isRefusal ? window : nil, &chain, db)
      }
    }
    return merged
  }

  /// The rows that a filter admits, oldest first: the next ones after `after`, or else the newest.
  package func journal(_ filter: JournalFilter = JournalFilter()) throws(InventoryError) -> [JournalRow] {
    let (condition, arguments) = filter.condition
    let order = filter.after == nil ? "DESC" : "ASC"
    let sql = "SELECT * FROM (SELECT * FROM journal WHERE \(condition) ORDER BY id \(order) LIMIT ?) ORDER BY id"
    return try read { try Row.fetchAll($0, sql: sql, arguments: arguments + [max(0, filter.limit)]).map(JournalRow.init) }
  }

  private func merge(_ counted: CountedEntry, key: Int64, since: Timestamp, _ db: Database) throws -> Bool {
    let entry = counted.entry
    let statement = try db.cachedStatement(
      sql: """
        UPDATE journal SET count = min(count, \(Int64.max) - ?) + ?, last_at = max(last_at, ?), facts = coalesce(?, facts) WHERE id = (
          SELECT id FROM journal WHERE refused = 1 AND merge_key = ? AND at > ? AND open_until IS NOT NULL AND verdict = ? AND operation = ?
            AND principal IS ? AND address IS ? AND info_hash IS ? AND artifact IS ? AND plugin IS ? AND rule IS ? AND reason IS ? AND place IS ?
            AND policy_generation IS ?
          ORDER BY id DESC LIMIT 1)
        """)
    try statement.execute(
      arguments: [
        counted.count, counted.count, counted.lastAt.nanoseconds, entry.isDigest ? entry.facts : nil, key, since.nanoseconds,
      ] + entry.sharedColumns)
    return db.changesCount > 0
  }

  private func insert(
    _ counted: CountedEntry, key: Int64, openFor window: Duration?, _ chain: inout ChainWriter, _ db: Database
  ) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO journal (at, last_at, count, refused, facts, merge_key, open_until, verdict, operation, principal, address, info_hash,
          artifact, plugin, rule, reason, place, policy_generation)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    let entry = counted.entry
    let own: StatementArguments = [
      entry.at.nanoseconds, counted.lastAt.nanoseconds, counted.count, entry.isRefusal, entry.facts, key,
      window.map { entry.at.advanced(by: $0).nanoseconds },
    ]
    try statement.execute(arguments: own + entry.sharedColumns)
    let content = JournalContent(counted, id: db.lastInsertedRowID, mergeKey: key)
    try chain.add(content, isOpen: window != nil, isMany: entry.isDigest)
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
