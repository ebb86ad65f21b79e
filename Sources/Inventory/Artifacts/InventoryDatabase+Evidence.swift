import GRDB
import Metainfo

extension InventoryDatabase {
  /// Stores what a verification has found: identities, evidence and state, in one transaction.
  ///
  /// Throws `.unknownArtifact`, and `.invalid` where the evidence has another number of pieces.
  package func record(_ verification: Verification, of id: ArtifactID, at now: Timestamp) throws(InventoryError) {
    try write { db in
      let artifact = try Artifact.fetchOne(db, id: id)
      try updateIdentities(verification.identities, of: id, db)
      if let evidence = verification.evidence {
        try evidence.insert(of: id, pieceCount: artifact.pieceCount, db)
      } else {
        try db.execute(sql: "DELETE FROM evidence WHERE artifact_id = ?", arguments: [id.rawValue])
      }
      try updateState(verification.state, verification.stateReason, of: id, at: now, db)
    }
  }

  /// Changes an artifact's state. Nothing is written where state and reason are these already. Throws `.unknownArtifact`.
  package func setState(_ state: ArtifactState, reason: String = "", of id: ArtifactID, at now: Timestamp) throws(InventoryError) {
    try write { db in
      _ = try Artifact.fetchOne(db, id: id)
      try updateState(state, reason, of: id, at: now, db)
    }
  }

  func updateState(_ state: ArtifactState, _ reason: String, of id: ArtifactID, at now: Timestamp, _ db: Database) throws {
    let reason = StoredText.bounded(reason, to: JournalEntry.Limit.reason)
    try db.execute(
      sql: "UPDATE artifacts SET state = ?, state_reason = ?, state_at = ? WHERE id = ? AND (state, state_reason) <> (?, ?)",
      arguments: [state.rawValue, reason, now.nanoseconds, id.rawValue, state.rawValue, reason])
  }

  private func updateIdentities(_ identities: [Int: FileIdentity], of id: ArtifactID, _ db: Database) throws {
    let indices = try Int.fetchAll(db, sql: "SELECT file_index FROM files WHERE artifact_id = ?", arguments: [id.rawValue])
    // Only rows that differ are written, so that verifying 100,000 unchanged files writes none.
    let statement = try db.cachedStatement(
      sql: """
        UPDATE files SET (device, inode, size, modified_ns, changed_ns) = (?, ?, ?, ?, ?)
        WHERE artifact_id = ? AND file_index = ? AND (device, inode, size, modified_ns, changed_ns) IS NOT (?, ?, ?, ?, ?)
        """)
    for index in indices {
      let values = StatementArguments(identities[index].columnValues)
      try statement.execute(arguments: values + [id.rawValue, index] + values)
    }
  }
}
