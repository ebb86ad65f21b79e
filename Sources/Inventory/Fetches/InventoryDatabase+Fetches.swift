import Foundation
import GRDB
import Metainfo

/// Artifacts in the state `fetching`.
extension InventoryDatabase {
  /// Adds an artifact that is to be fetched, with what there is to remember of that, all or nothing. Throws as `add`.
  package func addFetch(
    _ new: NewArtifact, files: [Int]?, peers: [String], at now: Timestamp
  ) throws(InventoryError) -> Artifact {
    try write { db in
      let artifact = try add(new, at: now, db)
      try db.execute(
        sql: "INSERT INTO fetches (artifact_id, files, peers, began_at) VALUES (?, ?, ?, ?)",
        arguments: [artifact.id.rawValue, try files.map { try Self.text($0) }, try Self.text(peers), now.nanoseconds])
      return artifact
    }
  }

  /// The fetches that are not at their end, the oldest first.
  package func fetches() throws(InventoryError) -> [StoredFetch] {
    try read { db in
      let sql = """
        SELECT f.artifact_id, f.files, f.peers FROM fetches f JOIN artifacts a ON a.id = f.artifact_id
        WHERE a.state = 'fetching' ORDER BY f.began_at, f.artifact_id
        """
      return try Row.fetchAll(db, sql: sql).map(Self.fetch)
    }
  }

  /// Artifacts whose fetch has come to a halt: it has failed, and nobody goes on with it.
  package func haltedFetches() throws(InventoryError) -> Set<ArtifactID> {
    try read { db in
      let sql = """
        SELECT f.artifact_id FROM fetches f JOIN artifacts a ON a.id = f.artifact_id WHERE a.state NOT IN ('fetching', 'ready', 'paused', 'verifying')
        """
      return Set(try Int64.fetchAll(db, sql: sql).map { ArtifactID(rawValue: $0) })
    }
  }

  /// What is remembered of one fetch; nil where the artifact is not being fetched.
  package func fetch(of id: ArtifactID) throws(InventoryError) -> StoredFetch? {
    try read { db in
      try Row.fetchOne(db, sql: "SELECT artifact_id, files, peers FROM fetches WHERE artifact_id = ?", arguments: [id.rawValue])
        .map(Self.fetch)
    }
  }

  /// Other peers for a fetch from now on.
  package func setPeers(_ peers: [String], ofFetch id: ArtifactID) throws(InventoryError) {
    try write { db in
      try db.execute(sql: "UPDATE fetches SET peers = ? WHERE artifact_id = ?", arguments: [try Self.text(peers), id.rawValue])
    }
  }

  /// A fetch is at its end: the artifact has its data and its evidence. One that was paused meanwhile stays so.
  @discardableResult
  package func finishFetch(_ id: ArtifactID, with data: ArtifactData, at now: Timestamp) throws(InventoryError) -> Artifact {
    try write { db in
      var data = data
      let known = try Artifact.fetchOne(db, id: id)
      if known.state == .paused { (data.state, data.stateReason) = (known.state, known.stateReason) }
      let artifact = try replaceData(of: id, with: data, at: now, db)
      try db.execute(sql: "DELETE FROM fetches WHERE artifact_id = ?", arguments: [id.rawValue])
      return artifact
    }
  }

  private static func text(_ list: some Encodable) throws -> String { String(decoding: try JSONEncoder().encode(list), as: UTF8.self) }

  private static func fetch(_ row: Row) throws -> StoredFetch {
    let files: String? = row["files"]
    let peers: String = row["peers"]
    return StoredFetch(
      artifact: ArtifactID(rawValue: row["artifact_id"]),
      files: try files.map { try JSONDecoder().decode([Int].self, from: Data($0.utf8)) },
      peers: try JSONDecoder().decode([String].self, from: Data(peers.utf8)))
  }
}
