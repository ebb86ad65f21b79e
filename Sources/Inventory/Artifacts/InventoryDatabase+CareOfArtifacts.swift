import GRDB

/// An artifact's state as it is to be stored.
package struct StateChange: Hashable, Sendable {
  package let id: ArtifactID
  package let state: ArtifactState
  package let reason: String

  package init(id: ArtifactID, state: ArtifactState, reason: String) {
    (self.id, self.state, self.reason) = (id, state, reason)
  }
}

/// How old the evidence is of what is served.
package struct EvidenceAge: Hashable, Sendable {
  /// The artifact whose evidence is the oldest, and when that was won; nil where nothing is served.
  package let oldest: (id: ArtifactID, at: Timestamp)?
  /// How many artifacts' evidence was won before the time asked about.
  package let due: Int

  package static func == (one: EvidenceAge, other: EvidenceAge) -> Bool {
    one.due == other.due && one.oldest?.id == other.oldest?.id && one.oldest?.at == other.oldest?.at
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(due)
    hasher.combine(oldest?.id)
  }
}

/// What the care of artifacts asks of the inventory.
extension InventoryDatabase {
  /// Changes several artifacts' states in one transaction; those that are not there any more, or paused, are left out.
  package func setStates(_ changes: [StateChange], at now: Timestamp) throws(InventoryError) {
    guard !changes.isEmpty else { return }
    try write { db in
      let statement = try db.cachedStatement(
        sql: """
          UPDATE artifacts SET state = ?, state_reason = ?, state_at = ?
          WHERE id = ? AND state <> 'paused' AND (state, state_reason) <> (?, ?)
          """)
      for change in changes {
        let reason = StoredText.bounded(change.reason, to: JournalEntry.Limit.reason)
        let (word, id) = (change.state.rawValue, change.id.rawValue)
        try statement.execute(arguments: [word, reason, now.nanoseconds, id, word, reason])
      }
    }
  }

  /// The oldest evidence of a ready artifact, and how many were won before `limit`.
  package func evidenceAge(before limit: Timestamp) throws(InventoryError) -> EvidenceAge {
    try read { db in
      let from = "FROM evidence e JOIN artifacts a ON a.id = e.artifact_id WHERE a.state = 'ready'"
      let row = try Row.fetchOne(db, sql: "SELECT e.artifact_id, e.verified_at \(from) ORDER BY e.verified_at, e.artifact_id LIMIT 1")
      let due = try Int.fetchOne(db, sql: "SELECT count(*) \(from) AND e.verified_at < ?", arguments: [limit.nanoseconds])
      let oldest = try row.map { (id: ArtifactID(rawValue: try $0.value("artifact_id")), at: try $0.time("verified_at")) }
      return EvidenceAge(oldest: oldest, due: due ?? 0)
    }
  }

  /// The ready artifact with the oldest evidence that was won before `limit`, apart from these. Goes by the index of ages, and no further
  /// than to the answer.
  package func oldestEvidence(before limit: Timestamp, besides others: Set<ArtifactID>) throws(InventoryError) -> ArtifactID? {
    try read { db in
      let sql = """
        SELECT e.artifact_id FROM evidence e INDEXED BY evidence_by_age CROSS JOIN artifacts a ON a.id = e.artifact_id
        WHERE e.verified_at < ? AND a.state = 'ready' ORDER BY e.verified_at, e.artifact_id
        """
      let ids = try Int64.fetchCursor(db, sql: sql, arguments: [limit.nanoseconds])
      while let id = try ids.next() {
        if !others.contains(ArtifactID(rawValue: id)) { return ArtifactID(rawValue: id) }
      }
      return nil
    }
  }

  /// Notes that evidence was found to hold by reading everything again. Nothing happens where it is not that evidence any more: false.
  @discardableResult
  package func confirmEvidence(of id: ArtifactID, from before: Timestamp, at now: Timestamp) throws(InventoryError) -> Bool {
    try write { db in
      try db.execute(
        sql: "UPDATE evidence SET verified_at = ? WHERE artifact_id = ? AND verified_at = ?",
        arguments: [now.nanoseconds, id.rawValue, before.nanoseconds])
      return db.changesCount > 0
    }
  }
}
