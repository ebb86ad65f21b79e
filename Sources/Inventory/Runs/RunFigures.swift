import GRDB

/// What the inventory has of a time.
package struct RunFigures: Hashable, Sendable {
  /// Artifacts whose evidence was won since.
  package let verified: Int
  /// Artifacts of which somebody took something since.
  package let artifacts: Int
  /// Who took something since.
  package let principals: Int
  /// Refusals that were noted since.
  package let refused: Int64
}

/// Artifacts of one state.
package struct ArtifactSum: Hashable, Sendable {
  package let count: Int
  /// Bytes of content.
  package let size: Int64
}

extension InventoryDatabase {
  /// What has happened since a moment.
  package func runFigures(since moment: Timestamp) throws(InventoryError) -> RunFigures {
    try read { db in
      let since = moment.nanoseconds
      let took = try Row.fetchOne(
        db, sql: "SELECT count(DISTINCT artifact_id) AS a, count(DISTINCT principal_id) AS p FROM transfers WHERE last_at >= ?",
        arguments: [since])
      return RunFigures(
        verified: try Int.fetchOne(db, sql: "SELECT count(*) FROM evidence WHERE verified_at >= ?", arguments: [since]) ?? 0,
        artifacts: took?["a"] ?? 0, principals: took?["p"] ?? 0,
        refused: try Int64.fetchOne(
          db, sql: "SELECT CAST(total(count) AS INTEGER) FROM journal WHERE refused = 1 AND last_at >= ?", arguments: [since]) ?? 0)
    }
  }

  /// How many artifacts there are of each state, and of how many bytes.
  package func artifactSums() throws(InventoryError) -> [ArtifactState: ArtifactSum] {
    try read { db in
      var sums: [ArtifactState: ArtifactSum] = [:]
      let sql = "SELECT state, count(*) AS n, CAST(total(size) AS INTEGER) AS size FROM artifacts GROUP BY state"
      let rows = try Row.fetchAll(db, sql: sql)
      for row in rows { sums[try row.word("state")] = ArtifactSum(count: try row.value("n"), size: try row.value("size")) }
      return sums
    }
  }
}
