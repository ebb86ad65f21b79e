import GRDB

/// The inventory in numbers, for `status` and metrics.
package struct InventoryCounts: Hashable, Sendable {
  /// Artifacts in each state; a state that none is in is left out.
  package let artifacts: [ArtifactState: Int]
  /// Bytes of content of all artifacts.
  package let size: Int64
  package let principals: Int
  /// Bytes that all principals have had from us; exact up to 2^53.
  package let bytes: Int64
  /// Blocks that all principals have had from us.
  package let blocks: Int64
  package let journalRows: Int
}

extension InventoryDatabase {
  /// Counts of one moment.
  package func counts() throws(InventoryError) -> InventoryCounts {
    try read { db in
      var artifacts: [ArtifactState: Int] = [:]
      for row in try Row.fetchAll(db, sql: "SELECT state, count(*) AS n FROM artifacts GROUP BY state") {
        artifacts[try row.word("state")] = try row.value("n")
      }
      guard let row = try Row.fetchOne(db, sql: Self.sums) else { throw UnreadableRow(problem: "no sums") }
      return InventoryCounts(
        artifacts: artifacts, size: try row.value("size"), principals: try row.value("principals"), bytes: try row.value("bytes"),
        blocks: try row.value("blocks"), journalRows: try row.value("journal_rows"))
    }
  }

  // `total` and a cast rather than `sum`, which fails where a sum does not fit.
  private static let sums = """
    SELECT (SELECT CAST(total(size) AS INTEGER) FROM artifacts) AS size,
      (SELECT count(*) FROM principals) AS principals,
      (SELECT CAST(total(bytes) AS INTEGER) FROM transfers) AS bytes,
      (SELECT CAST(total(blocks) AS INTEGER) FROM transfers) AS blocks,
      (SELECT count(*) FROM journal) AS journal_rows
    """
}
