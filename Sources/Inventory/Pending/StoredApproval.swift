import GRDB

/// What an operator has allowed an identity by hand.
package struct StoredApproval: Hashable, Sendable {
  package let wish: Wish
  /// `connect`, `metadata`, …
  package let operations: [String]
  /// `uid 0`.
  package let by: String
  package let reason: String
  package let at: Timestamp
  package let until: Timestamp

  init(_ row: Row) throws {
    wish = try Wish(row)
    let words: String = try row.value("operations")
    operations = words.split(separator: ",").map(String.init)
    (by, reason) = (try row.value("approved_by"), try row.value("reason"))
    (at, until) = (try row.time("at"), try row.time("until_at"))
  }

  init(wish: Wish, _ terms: ApprovalTerms) {
    self.wish = wish
    (operations, by) = (terms.operations ?? Self.usual(wish), terms.by)
    reason = StoredText.bounded(terms.reason, to: JournalEntry.Limit.reason)
    (at, until) = (terms.at, terms.until)
  }

  /// What is allowed where nothing is said: the artifact, or to connect.
  private static func usual(_ wish: Wish) -> [String] { wish.infoHash == nil ? ["connect"] : ["connect", "metadata", "request"] }
}

/// On which terms something is allowed.
package struct ApprovalTerms: Hashable, Sendable {
  /// Nil for the usual ones: to connect, and the artifact's metadata and blocks where one is wanted.
  package let operations: [String]?
  package let by: String
  package let reason: String
  package let at: Timestamp
  package let until: Timestamp

  package init(operations: [String]?, by: String, reason: String, at: Timestamp, until: Timestamp) {
    (self.operations, self.by, self.reason, self.at, self.until) = (operations, by, reason, at, until)
  }
}
