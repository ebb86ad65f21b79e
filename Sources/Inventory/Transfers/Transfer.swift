import GRDB

/// What a principal has had of an artifact in all.
package struct Transfer: Hashable, Sendable {
  package let principal: Principal
  package let artifact: ArtifactID
  package let bytes: Int64
  package let blocks: Int64
  package let firstAt: Timestamp
  package let lastAt: Timestamp
}

extension Transfer {
  static func fetch(_ db: Database, where condition: String, _ arguments: StatementArguments) throws -> [Transfer] {
    let sql = """
      SELECT p.kind, p.name, t.* FROM transfers t JOIN principals p ON p.id = t.principal_id
      WHERE \(condition) ORDER BY t.bytes DESC, p.id, t.artifact_id
      """
    return try Row.fetchAll(db, sql: sql, arguments: arguments).map(Transfer.init)
  }

  private init(_ row: Row) throws {
    self.init(
      principal: Principal(kind: try row.word("kind"), name: try row.value("name")),
      artifact: ArtifactID(rawValue: try row.value("artifact_id")),
      bytes: try row.value("bytes"), blocks: try row.value("blocks"), firstAt: try row.time("first_at"), lastAt: try row.time("last_at"))
  }
}
