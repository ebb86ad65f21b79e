import GRDB
import Metainfo

/// Reads artifacts with their labels, files and evidence: four cursors in the order of the artifact's id, merged.
struct HoldingReader {
  private let artifacts: RowCursor
  private var labels: RowsByArtifact<(String, String)>
  private var files: RowsByArtifact<ArtifactFile>

  /// `condition` is over a table `a` of artifacts.
  init(_ db: Database, where condition: String, _ arguments: StatementArguments) throws {
    let chosen = "SELECT a.id FROM artifacts a WHERE \(condition)"
    artifacts = try Row.fetchCursor(
      db, sql: "SELECT e.pieces, e.verified_at, e.method, \(Artifact.columns) WHERE \(condition) ORDER BY a.id", arguments: arguments)
    labels = try RowsByArtifact(
      Row.fetchCursor(
        db, sql: "SELECT * FROM artifact_labels WHERE artifact_id IN (\(chosen)) ORDER BY artifact_id", arguments: arguments)
    ) { (try $0.value("key"), try $0.value("value")) }
    files = try RowsByArtifact(
      Row.fetchCursor(
        db, sql: "SELECT * FROM files WHERE artifact_id IN (\(chosen)) ORDER BY artifact_id, file_index", arguments: arguments),
      decode: ArtifactFile.init)
  }

  /// The next artifact by id, nil after the last.
  mutating func next() throws -> Holding? {
    guard let row = try artifacts.next() else { return nil }
    let id: Int64 = try row.value("id")
    let labels = Dictionary(try labels.take(id)) { $1 }
    let artifact = try Artifact(row, labels: labels)
    let evidence = artifact.verifiedPieces == nil ? nil : try Evidence(row, pieceCount: artifact.pieceCount)
    return Holding(artifact: artifact, files: try files.take(id), evidence: evidence)
  }
}

/// The rows of a cursor that is ordered by `artifact_id`, an artifact at a time.
private struct RowsByArtifact<Value> {
  private let cursor: RowCursor
  private let decode: (Row) throws -> Value
  /// The first row of an artifact that has not been asked for yet.
  private var ahead: (id: Int64, value: Value)?

  init(_ cursor: RowCursor, decode: @escaping (Row) throws -> Value) throws {
    (self.cursor, self.decode) = (cursor, decode)
    try advance()
  }

  /// The rows of this artifact; ids must be asked for in ascending order.
  mutating func take(_ id: Int64) throws -> [Value] {
    var values: [Value] = []
    while let row = ahead, row.id <= id {
      if row.id == id { values.append(row.value) }
      try advance()
    }
    return values
  }

  private mutating func advance() throws {
    // The cursor reuses its row: what is needed of it is decoded before the next step.
    ahead = try cursor.next().map { (try $0.value("artifact_id"), try decode($0)) }
  }
}
