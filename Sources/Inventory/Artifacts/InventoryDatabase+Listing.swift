import GRDB
import Metainfo

extension InventoryDatabase {
  /// The artifacts, in the order they were added; at most `limit`.
  package func artifacts(_ filter: ArtifactFilter = .all, limit: Int = .max) throws(InventoryError) -> [Artifact] {
    let (condition, arguments) = filter.condition
    return try read { try Artifact.fetch($0, where: condition, arguments, limit: limit) }
  }

  /// An artifact's .torrent, byte for byte. Throws `.unknownArtifact`.
  package func torrent(of id: ArtifactID) throws(InventoryError) -> [UInt8] {
    try read { db in
      guard let row = try Row.fetchOne(db, sql: "SELECT bytes FROM torrents WHERE artifact_id = ?", arguments: [id.rawValue]) else {
        throw InventoryError.unknownArtifact(id.description)
      }
      return try row.bytes("bytes") ?? []
    }
  }

  /// An artifact's files in index order, pad files left out. Throws `.unknownArtifact`.
  package func files(of id: ArtifactID) throws(InventoryError) -> [ArtifactFile] {
    try holding(of: id).files
  }

  /// What is verified of an artifact; nil for nothing. Throws `.unknownArtifact`.
  package func evidence(of id: ArtifactID) throws(InventoryError) -> Evidence? {
    try holding(of: id).evidence
  }

  /// An artifact with its files and its evidence, of one moment. Throws `.unknownArtifact`.
  package func holding(of id: ArtifactID) throws(InventoryError) -> Holding {
    try read { db in
      var reader = try HoldingReader(db, where: "a.id = ?", [id.rawValue])
      guard let holding = try reader.next() else { throw InventoryError.unknownArtifact(id.description) }
      return holding
    }
  }

  /// Calls `body` with each artifact, its files and its evidence, by id, until it returns false. For a node's start: one pass over the
  /// tables in one snapshot, one holding in memory at a time. `body` must not call the inventory.
  package func forEachHolding(_ filter: ArtifactFilter = .all, _ body: (Holding) -> Bool) throws(InventoryError) {
    let (condition, arguments) = filter.condition
    try read { db in
      var reader = try HoldingReader(db, where: condition, arguments)
      while let holding = try reader.next(), body(holding) {}
    }
  }
}
