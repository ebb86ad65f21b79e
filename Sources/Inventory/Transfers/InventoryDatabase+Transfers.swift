import GRDB

extension InventoryDatabase {
  /// Adds a batch of transfers and notes their principals, in one transaction. What belongs to an artifact that is gone is left out.
  package func record(_ deltas: [TransferDelta]) throws(InventoryError) {
    if deltas.isEmpty { return }
    try write { db in
      for delta in deltas {
        try note(delta.principal, from: delta.firstAt, to: delta.lastAt, db)
        try add(delta, db)
      }
    }
  }

  /// Notes that principals were seen, whether or not they have had anything.
  package func recordSeen(_ principals: [Principal], at now: Timestamp) throws(InventoryError) {
    if principals.isEmpty { return }
    try write { db in
      for principal in principals { try note(principal, from: now, to: now, db) }
    }
  }

  /// What each principal has had of an artifact, most bytes first.
  package func transfers(of artifact: ArtifactID) throws(InventoryError) -> [Transfer] {
    try read { try Transfer.fetch($0, where: "t.artifact_id = ?", [artifact.rawValue]) }
  }

  /// What a principal has had of each artifact, most bytes first.
  package func transfers(of principal: Principal) throws(InventoryError) -> [Transfer] {
    try read { try Transfer.fetch($0, where: "p.kind = ? AND p.name = ?", [principal.kind.rawValue, principal.name]) }
  }

  /// Forgets principals that were not seen since `time`, with their transfers. Returns how many.
  @discardableResult
  package func prunePrincipals(unseenSince time: Timestamp) throws(InventoryError) -> Int {
    try write { db in
      try db.execute(sql: "DELETE FROM principals WHERE last_seen < ?", arguments: [time.nanoseconds])
      return db.changesCount
    }
  }

  private func note(_ principal: Principal, from first: Timestamp, to last: Timestamp, _ db: Database) throws {
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO principals (kind, name, first_seen, last_seen) VALUES (?, ?, ?, ?)
        ON CONFLICT (kind, name) DO UPDATE
        SET first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)
        """)
    try statement.execute(arguments: [principal.kind.rawValue, principal.name, first.nanoseconds, last.nanoseconds])
  }

  private func add(_ delta: TransferDelta, _ db: Database) throws {
    // Sums stay at the greatest number rather than fail the batch.
    let statement = try db.cachedStatement(
      sql: """
        INSERT INTO transfers (principal_id, artifact_id, bytes, blocks, first_at, last_at)
        SELECT p.id, a.id, ?, ?, ?, ? FROM principals p, artifacts a WHERE p.kind = ? AND p.name = ? AND a.id = ?
        ON CONFLICT (principal_id, artifact_id) DO UPDATE SET
          bytes = min(bytes, \(Int64.max) - excluded.bytes) + excluded.bytes,
          blocks = min(blocks, \(Int64.max) - excluded.blocks) + excluded.blocks,
          first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at)
        """)
    try statement.execute(arguments: [
      delta.bytes, delta.blocks, delta.firstAt.nanoseconds, delta.lastAt.nanoseconds, delta.principal.kind.rawValue, delta.principal.name,
      delta.artifact.rawValue,
    ])
  }
}
