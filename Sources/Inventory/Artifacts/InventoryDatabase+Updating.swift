import GRDB

/// Changes that are made only if an artifact is still what it was when they were begun: reading its data takes long, and an operator may
/// have moved or removed it meanwhile.
extension InventoryDatabase {
  /// Does what `replaceData` does, where the artifact as it is now is the one that is meant; else nothing, and gives back nil. An artifact
  /// that is gone is never added. One transaction. Throws `.invalid` as `replaceData`.
  package func replaceData(
    of id: ArtifactID, with data: ArtifactData, at now: Timestamp, if isMeant: (Holding) -> Bool
  ) throws(InventoryError) -> Artifact? {
    try write { db in
      guard let holding = try Self.holding(of: id, db), isMeant(holding) else { return nil }
      return try replaceData(of: id, with: data, at: now, db)
    }
  }

  /// Changes the state, where the artifact as it is now is the one that is meant; else nothing, and gives back nil. One transaction.
  package func setState(
    _ state: ArtifactState, reason: String, of id: ArtifactID, at now: Timestamp, if isMeant: (Holding) -> Bool
  ) throws(InventoryError) -> Artifact? {
    try write { db in
      guard let holding = try Self.holding(of: id, db), isMeant(holding) else { return nil }
      try updateState(state, reason, of: id, at: now, db)
      return try Artifact.fetchOne(db, id: id)
    }
  }

  private static func holding(of id: ArtifactID, _ db: Database) throws -> Holding? {
    var reader = try HoldingReader(db, where: "a.id = ?", [id.rawValue])
    return try reader.next()
  }
}
