/// Refusals, for the status page: the latest, and of what kinds they are.
package struct PageRefusalsDocument: Codable, Sendable, Hashable {
  /// Equal refusals.
  package struct Refusal: Codable, Sendable, Hashable {
    package let id: Int64
    /// When the last one fell, ISO 8601, and how many there were.
    package let lastAt: String
    package let count: Int64
    package let operation: String
    package let principal: String?
    package let address: String?
    package let artifact: String?
    package let plugin: String?
    package let rule: String?
    package let reason: String?
    /// The rule's, `FILE:LINE:COLUMN`.
    package let place: String?

    package init(
      id: Int64, lastAt: String, count: Int64, operation: String, principal: String?, address: String?, artifact: String?, plugin: String?,
      rule: String?, reason: String?, place: String?
    ) {
      (self.id, self.lastAt, self.count, self.operation) = (id, lastAt, count, operation)
      (self.principal, self.address, self.artifact, self.plugin) = (principal, address, artifact, plugin)
      (self.rule, self.reason, self.place) = (rule, reason, place)
    }

    enum CodingKeys: String, CodingKey {
      case id, count, operation, principal, address, artifact, plugin, rule, reason, place
      case lastAt = "last_at"
    }
  }

  /// Refusals for one reason.
  package struct Reason: Codable, Sendable, Hashable {
    package let plugin: String?
    package let operation: String
    package let reason: String?
    package let count: Int64
    /// How many different principals.
    package let principals: Int
    package let lastAt: String

    package init(plugin: String?, operation: String, reason: String?, count: Int64, principals: Int, lastAt: String) {
      (self.plugin, self.operation, self.reason) = (plugin, operation, reason)
      (self.count, self.principals, self.lastAt) = (count, principals, lastAt)
    }

    enum CodingKeys: String, CodingKey {
      case plugin, operation, reason, count, principals
      case lastAt = "last_at"
    }
  }

  package var schema = "granary.page-refusals/1"
  /// The newest first.
  package let latest: [Refusal]
  /// The most frequent first.
  package let reasons: [Reason]
  /// So many of the journal's newest rows were looked at, and the oldest of them is of this time; null where the journal is empty.
  package let rows: Int
  package let since: String?

  package init(latest: [Refusal], reasons: [Reason], rows: Int, since: String?) {
    (self.latest, self.reasons, self.rows, self.since) = (latest, reasons, rows, since)
  }
}
