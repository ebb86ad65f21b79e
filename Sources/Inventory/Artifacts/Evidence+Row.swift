import Foundation
import GRDB
import Metainfo

extension Evidence {
  static let columns = "pieces, verified_at, method"

  init(_ row: Row, pieceCount: Int) throws {
    let bytes = try row.bytes("pieces") ?? []
    guard let pieces = Bitfield(count: pieceCount, bytes: bytes) else {
      throw UnreadableRow(problem: "evidence of \(bytes.count) bytes for \(pieceCount) pieces")
    }
    self.init(pieces: pieces, verifiedAt: try row.time("verified_at"), method: try row.word("method"))
  }

  /// Stores the evidence in place of what there is. After the identities, whose change deletes it.
  func insert(of id: ArtifactID, pieceCount: Int, _ db: Database) throws {
    guard pieces.count == pieceCount else {
      throw InventoryError.invalid(problem: "evidence of \(pieces.count) pieces for an artifact of \(pieceCount)")
    }
    // GRDB binds an empty blob as null.
    try db.execute(
      sql: """
        INSERT OR REPLACE INTO evidence (artifact_id, pieces, verified_pieces, verified_at, method) VALUES (?, ifnull(?, x''), ?, ?, ?)
        """,
      arguments: [id.rawValue, Data(pieces.bytes), pieces.population, verifiedAt.nanoseconds, method.rawValue])
  }
}
