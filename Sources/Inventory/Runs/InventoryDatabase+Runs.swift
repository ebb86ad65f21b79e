import GRDB

extension InventoryDatabase {
  /// Notes that a run begins and returns its number.
  package func beginRun(pid: Int32, version: String, at now: Timestamp) throws(InventoryError) -> Int64 {
    try write { db in
      try db.execute(
        sql: "INSERT INTO runs (started_at, pid, version) VALUES (?, ?, ?)", arguments: [now.nanoseconds, pid, version])
      return db.lastInsertedRowID
    }
  }

  /// Notes how a run ended. `report` is its JSON. A run that has ended stays as it is.
  package func endRun(_ id: Int64, why: String, report: String? = nil, at now: Timestamp) throws(InventoryError) {
    try write { db in
      try db.execute(
        sql: "UPDATE runs SET ended_at = ?, why_ended = ?, report = ? WHERE id = ? AND why_ended IS NULL",
        arguments: [now.nanoseconds, StoredText.bounded(why, to: JournalEntry.Limit.reason), report, id])
    }
  }

  /// Marks every run that has not ended as interrupted. For a node's start, under the state directory's lock, before `beginRun`.
  /// Returns how many there were.
  ///
  /// - Parameter lasting: a run that is about to end, and says so itself.
  @discardableResult
  package func markInterruptedRuns(except lasting: Int64? = nil) throws(InventoryError) -> Int {
    try write { db in
      try db.execute(
        sql: "UPDATE runs SET why_ended = ? WHERE why_ended IS NULL AND id IS NOT ?", arguments: [Run.interrupted, lasting])
      return db.changesCount
    }
  }

  /// The latest runs, newest first.
  package func runs(limit: Int = 100) throws(InventoryError) -> [Run] {
    try read { db in
      try Row.fetchAll(db, sql: "SELECT * FROM runs ORDER BY id DESC LIMIT ?", arguments: [max(0, limit)]).map(Run.init)
    }
  }

  /// The latest run that ended in one of these words; nil where there was none.
  package func lastRun(endedAs words: [String]) throws(InventoryError) -> Run? {
    try read { db in
      let marks = databaseQuestionMarks(count: words.count)
      let sql = "SELECT * FROM runs WHERE why_ended IN (\(marks)) ORDER BY id DESC LIMIT 1"
      return try Row.fetchOne(db, sql: sql, arguments: StatementArguments(words)).map(Run.init)
    }
  }

  /// Forgets all but the latest runs that have ended. Returns how many.
  @discardableResult
  package func pruneRuns(keeping count: Int) throws(InventoryError) -> Int {
    try write { db in
      try db.execute(
        sql: "DELETE FROM runs WHERE why_ended IS NOT NULL AND id <= (SELECT id FROM runs ORDER BY id DESC LIMIT 1 OFFSET ?)",
        arguments: [max(0, count)])
      return db.changesCount
    }
  }
}
