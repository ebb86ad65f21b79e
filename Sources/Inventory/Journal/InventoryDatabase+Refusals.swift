import GRDB

/// The refusals among the journal's newest rows.
package struct RecentRefusals: Hashable, Sendable {
  /// Equal refusals.
  package struct Refusal: Hashable, Sendable {
    package let id: Int64
    package let lastAt: Timestamp
    package let count: Int64
    package let operation: String
    package let principal: String?
    package let address: String?
    package let artifact: String?
    package let plugin: String?
    package let rule: String?
    package let reason: String?
    package let place: String?
  }

  /// Refusals of one reason.
  package struct Reason: Hashable, Sendable {
    package let plugin: String?
    package let operation: String
    package let reason: String?
    package let count: Int64
    /// How many different principals.
    package let principals: Int
    package let lastAt: Timestamp
  }

  /// The newest first.
  package let latest: [Refusal]
  /// The most frequent first.
  package let reasons: [Reason]
  /// How many rows were looked at, refusals or not, and when the oldest of them was last counted in; nil for none.
  package let rows: Int
  package let since: Timestamp?
}

extension InventoryDatabase {
  /// The latest refusals, and the most frequent reasons, of so many of the journal's newest rows: what it costs does not grow with the journal.
  package func recentRefusals(within rows: Int, latest: Int, reasons: Int) throws(InventoryError) -> RecentRefusals {
    try read { db in
      let span = try Row.fetchOne(
        db, sql: "SELECT count(*) AS n, min(last_at) AS since FROM (SELECT last_at FROM journal ORDER BY last_at DESC LIMIT ?)",
        arguments: [rows])
      let newest = try Row.fetchAll(
        db, sql: "SELECT * FROM \(Self.newest) WHERE \(Self.isRefusal) LIMIT ?", arguments: [rows, latest])
      let groups = try Row.fetchAll(
        db,
        sql: """
          SELECT plugin, operation, reason, CAST(total(count) AS INTEGER) AS sum, count(DISTINCT principal) AS principals,
            max(last_at) AS last_at
          FROM \(Self.newest) WHERE \(Self.isRefusal) GROUP BY plugin, operation, reason ORDER BY sum DESC, last_at DESC LIMIT ?
          """,
        arguments: [rows, reasons])
      return RecentRefusals(
        latest: try newest.map(RecentRefusals.Refusal.init), reasons: try groups.map(RecentRefusals.Reason.init),
        rows: try span?.value("n") ?? 0, since: try span?.optionalTime("since"))
    }
  }

  // Without the facts, which are long.
  private static let newest = """
    (SELECT id, last_at, count, refused, verdict, operation, principal, address, artifact, plugin, rule, reason, place FROM journal
      ORDER BY last_at DESC LIMIT ?)
    """
  // What a rule in shadow would have refused was not.
  private static let isRefusal = "refused = 1 AND verdict NOT LIKE 'shadow-%'"
}

extension RecentRefusals.Refusal {
  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row.value("id"), lastAt: try row.time("last_at"), count: try row.value("count"), operation: try row.value("operation"),
      principal: try row.value("principal"), address: try row.value("address"), artifact: try row.value("artifact"),
      plugin: try row.value("plugin"), rule: try row.value("rule"), reason: try row.value("reason"), place: try row.value("place"))
  }
}

extension RecentRefusals.Reason {
  fileprivate init(_ row: Row) throws {
    self.init(
      plugin: try row.value("plugin"), operation: try row.value("operation"), reason: try row.value("reason"), count: try row.value("sum"),
      principals: try row.value("principals"), lastAt: try row.time("last_at"))
  }
}
