import GRDB
import Metainfo

/// Which artifacts are wanted of however many, and in what order.
package struct ArtifactPage: Hashable, Sendable {
  package enum Order: Hashable, Sendable {
    case name
    /// The largest first.
    case size
    /// Those that came into their state last first.
    case changed
    /// Those that were added last first.
    case added
  }

  /// Part of the name, whatever its case where it is of ASCII letters, or the start of an info-hash; empty for all.
  package var text: String
  package var states: Set<ArtifactState>?
  package var order: Order
  package var offset: Int
  package var limit: Int

  package init(text: String = "", states: Set<ArtifactState>? = nil, order: Order = .name, offset: Int = 0, limit: Int = 50) {
    (self.text, self.states, self.order, self.offset, self.limit) = (text, states, order, max(0, offset), max(0, limit))
  }

  /// An artifact with the pieces that are verified of it.
  package struct Row: Hashable, Sendable {
    package let artifact: Artifact
    /// Nil where all are, or none.
    package let pieces: Bitfield?
  }
}

extension InventoryDatabase {
  /// The artifacts of a page, and how many there would be on all pages. Reads pieces only of those that are there in part.
  package func artifacts(of page: ArtifactPage) throws(InventoryError) -> (rows: [ArtifactPage.Row], total: Int) {
    let (condition, arguments) = page.condition
    return try read { db in
      let total = try Int.fetchOne(db, sql: "SELECT count(*) FROM artifacts a WHERE \(condition)", arguments: arguments) ?? 0
      let sql = """
        SELECT CASE WHEN e.verified_pieces BETWEEN 1 AND a.piece_count - 1 THEN e.pieces END AS pieces, \(Artifact.columns)
        WHERE \(condition) ORDER BY \(page.order.sql) LIMIT ? OFFSET ?
        """
      let rows = try Row.fetchAll(db, sql: sql, arguments: arguments + [page.limit, page.offset])
      return (try rows.map(ArtifactPage.Row.init), total)
    }
  }
}

extension InventoryDatabase {
  /// The artifact with this whole info-hash, and its evidence, without its files; nil where there is none.
  package func closely(infoHash: String) throws(InventoryError) -> (artifact: Artifact, evidence: Evidence?)? {
    guard let prefix = InfoHashPrefix(infoHash), prefix.isWhole else { return nil }
    let (condition, arguments) = prefix.condition
    return try read { db in
      guard let artifact = try Artifact.fetch(db, where: condition, arguments, limit: 1).first else { return nil }
      let row = try Row.fetchOne(
        db, sql: "SELECT \(Evidence.columns) FROM evidence WHERE artifact_id = ?", arguments: [artifact.id.rawValue])
      return (artifact, try row.map { try Evidence($0, pieceCount: artifact.pieceCount) })
    }
  }
}

extension ArtifactPage {
  /// A condition over a table `a` of artifacts.
  fileprivate var condition: (sql: String, arguments: StatementArguments) {
    let (states, first) = ArtifactFilter(states: states).condition
    guard !text.isEmpty else { return (states, first) }
    let escaped = text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
    let named = "a.name LIKE ? ESCAPE '\\'"
    guard let prefix = InfoHashPrefix(text) else { return ("\(states) AND \(named)", first + ["%\(escaped)%"]) }
    let (hashes, bounds) = prefix.condition
    return ("\(states) AND (\(named) OR \(hashes))", first + ["%\(escaped)%"] + bounds)
  }
}

extension ArtifactPage.Order {
  /// Never without the id: what is equal keeps its place from page to page.
  fileprivate var sql: String {
    switch self {
    case .name: "a.name, a.id"
    case .size: "a.size DESC, a.id"
    case .changed: "a.state_at DESC, a.id"
    case .added: "a.id DESC"
    }
  }
}

extension ArtifactPage.Row {
  fileprivate init(_ row: GRDB.Row) throws {
    artifact = try Artifact(row, labels: [:])
    pieces = try row.bytes("pieces").flatMap { [artifact] in Bitfield(count: artifact.pieceCount, bytes: $0) }
  }
}
