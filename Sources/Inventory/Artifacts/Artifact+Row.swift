import GRDB
import Metainfo

extension Artifact {
  /// Artifacts that meet a condition over the table `a`, by id, read with their labels.
  static func fetch(_ db: Database, where condition: String, _ arguments: StatementArguments, limit: Int = -1) throws -> [Artifact] {
    let page = "SELECT a.id FROM artifacts a WHERE \(condition) ORDER BY a.id LIMIT \(limit)"
    let labels = try labels(db, of: page, arguments)
    let sql = "SELECT \(columns) WHERE a.id IN (\(page)) ORDER BY a.id"
    var artifacts: [Artifact] = []
    let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
    while let row = try rows.next() {
      artifacts.append(try Artifact(row, labels: labels[row.value("id")] ?? [:]))
    }
    return artifacts
  }

  static func fetchOne(_ db: Database, id: ArtifactID) throws -> Artifact {
    guard let artifact = try fetch(db, where: "a.id = ?", [id.rawValue]).first else {
      throw InventoryError.unknownArtifact(id.description)
    }
    return artifact
  }

  /// The columns and tables that `init(_:labels:)` reads.
  static let columns = """
    a.*, e.verified_pieces, s.artifact_id IS NOT NULL AS is_ssl FROM artifacts a
    LEFT JOIN evidence e ON e.artifact_id = a.id LEFT JOIN ssl_torrents s ON s.artifact_id = a.id
    """

  init(_ row: Row, labels: [String: String]) throws {
    self.init(
      id: ArtifactID(rawValue: try row.value("id")), name: try row.value("name"), infoHash: try row.infoHash(),
      pieceLength: try row.value("piece_length"), pieceCount: try row.value("piece_count"), size: try row.value("size"),
      fileCount: try row.value("file_count"), isPrivate: try row.value("is_private"),
      isSSL: try row.value("is_ssl"), torrentPath: try row.value("torrent_path"),
      dataRoot: try row.value("data_root"), state: try row.word("state"), stateReason: try row.value("state_reason"),
      addedAt: try row.time("added_at"), stateAt: try row.time("state_at"), labels: labels, verifiedPieces: try row.value("verified_pieces")
    )
  }

  private static func labels(_ db: Database, of page: String, _ arguments: StatementArguments) throws -> [Int64: [String: String]] {
    let sql = "SELECT artifact_id, key, value FROM artifact_labels WHERE artifact_id IN (\(page))"
    let rows = try Row.fetchCursor(db, sql: sql, arguments: arguments)
    var labels: [Int64: [String: String]] = [:]
    while let row = try rows.next() {
      let key: String = try row.value("key")
      labels[try row.value("artifact_id"), default: [:]][key] = try row.value("value")
    }
    return labels
  }
}
