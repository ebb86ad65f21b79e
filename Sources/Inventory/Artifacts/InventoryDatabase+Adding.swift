import Foundation
import GRDB
import Metainfo

extension InventoryDatabase {
  /// Adds an artifact with its .torrent, files, evidence and labels, all or nothing.
  ///
  /// Throws `.duplicate` with the existing artifact where one of the info-hashes is there already, and `.invalid` where a value
  /// (an empty name, two files of one path, evidence with another number of pieces) is refused.
  @discardableResult
  package func add(_ new: NewArtifact, at now: Timestamp) throws(InventoryError) -> Artifact {
    try write { try add(new, at: now, $0) }
  }

  /// Adds artifacts, all of them or none: one wait for the disk for however many. Throws as `add`.
  package func add(_ new: [NewArtifact], at now: Timestamp) throws(InventoryError) {
    try write { db in
      for artifact in new { try add(artifact, at: now, db) }
    }
  }

  @discardableResult
  func add(_ new: NewArtifact, at now: Timestamp, _ db: Database) throws -> Artifact {
    if let existing = try Artifact.fetch(db, sharing: new.torrent.infoHash).first { throw InventoryError.duplicate(existing) }
    let id = try insert(new, at: now, db)
    try db.execute(sql: "INSERT INTO torrents (artifact_id, bytes) VALUES (?, ?)", arguments: [id.rawValue, Data(new.torrentBytes)])
    try TrackerLists.set(new.torrent.trackers, of: id.rawValue, db)
    try SSLArtifact.insert(new.torrent, of: id, db)
    try new.data.files.insert(of: id, db)
    try new.data.evidence?.insert(of: id, pieceCount: new.torrent.layout.pieceCount, db)
    try insertLabels(new.labels, of: id, db)
    return try Artifact.fetchOne(db, id: id)
  }

  /// Gives an artifact that is there already other data: another place, other files, other evidence. Labels, name and .torrent stay.
  ///
  /// Throws `.unknownArtifact` or `.invalid`.
  @discardableResult
  package func replaceData(of id: ArtifactID, with data: ArtifactData, at now: Timestamp) throws(InventoryError) -> Artifact {
    try write { try replaceData(of: id, with: data, at: now, $0) }
  }

  func replaceData(of id: ArtifactID, with data: ArtifactData, at now: Timestamp, _ db: Database) throws -> Artifact {
    let artifact = try Artifact.fetchOne(db, id: id)
    try db.execute(
      sql: "UPDATE artifacts SET data_root = ?, torrent_path = ?, state = ?, state_reason = ?, state_at = ? WHERE id = ?",
      arguments: [
        try StoredText.checked(data.dataRoot, "data root"), try data.torrentPath.map { try StoredText.checked($0, "torrent path") },
        data.state.rawValue, StoredText.bounded(data.stateReason, to: JournalEntry.Limit.reason), now.nanoseconds, id.rawValue,
      ])
    try db.execute(sql: "DELETE FROM files WHERE artifact_id = ?", arguments: [id.rawValue])
    try data.files.insert(of: id, db)
    try data.evidence?.insert(of: id, pieceCount: artifact.pieceCount, db)
    return try Artifact.fetchOne(db, id: id)
  }

  /// Replaces an artifact's .torrent by another of the same info-hash: other trackers, other web seeds. Throws `.unknownArtifact`.
  package func replaceTorrent(of id: ArtifactID, with torrent: Torrent, _ bytes: [UInt8]) throws(InventoryError) {
    try write { db in
      _ = try Artifact.fetchOne(db, id: id)
      try db.execute(sql: "UPDATE torrents SET bytes = ? WHERE artifact_id = ? AND bytes <> ?1", arguments: [Data(bytes), id.rawValue])
      try TrackerLists.set(torrent.trackers, of: id.rawValue, db)
    }
  }

  /// Replaces an artifact's labels. Throws `.unknownArtifact` or `.invalid`.
  package func setLabels(_ labels: [String: String], of id: ArtifactID) throws(InventoryError) {
    try write { db in
      _ = try Artifact.fetchOne(db, id: id)
      try db.execute(sql: "DELETE FROM artifact_labels WHERE artifact_id = ?", arguments: [id.rawValue])
      try insertLabels(labels, of: id, db)
    }
  }

  /// Removes an artifact with all that hangs on it (not its data on disk) and returns what it was. Throws `.unknownArtifact`.
  @discardableResult
  package func remove(_ id: ArtifactID) throws(InventoryError) -> Artifact {
    try write { db in
      let artifact = try Artifact.fetchOne(db, id: id)
      try db.execute(sql: "DELETE FROM artifacts WHERE id = ?", arguments: [id.rawValue])
      return artifact
    }
  }

  private func insert(_ new: NewArtifact, at now: Timestamp, _ db: Database) throws -> ArtifactID {
    let (torrent, layout, data) = (new.torrent, new.torrent.layout, new.data)
    try db.execute(
      sql: """
        INSERT INTO artifacts (name, info_hash_v1, info_hash_v2, piece_length, piece_count, size, file_count, is_private, torrent_path,
          data_root, state, state_reason, added_at, state_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        try StoredText.checked(new.name, "name"), torrent.infoHash.v1.map { Data($0.bytes) }, torrent.infoHash.v2.map { Data($0.bytes) },
        layout.pieceLength, layout.pieceCount, layout.contentLength, data.files.count, torrent.isPrivate,
        try data.torrentPath.map { try StoredText.checked($0, "torrent path") }, try StoredText.checked(data.dataRoot, "data root"),
        data.state.rawValue, StoredText.bounded(data.stateReason, to: JournalEntry.Limit.reason), now.nanoseconds, now.nanoseconds,
      ])
    return ArtifactID(rawValue: db.lastInsertedRowID)
  }

  private func insertLabels(_ labels: [String: String], of id: ArtifactID, _ db: Database) throws {
    for (key, value) in labels {
      try db.execute(
        sql: "INSERT INTO artifact_labels (artifact_id, key, value) VALUES (?, ?, ?)",
        arguments: [id.rawValue, try StoredText.checked(key, "label"), try StoredText.checked(value, "label \(key)")])
    }
  }
}
