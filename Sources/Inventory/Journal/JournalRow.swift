import GRDB
import Metainfo

/// A row of the journal: a verdict, or several equal refusals.
package struct JournalRow: Hashable, Sendable {
  /// Ascending, never used again: what a follower remembers.
  package let id: Int64
  /// The first of them.
  package let entry: JournalEntry
  /// How many there were.
  package let count: Int64
  /// When the last one fell.
  package let lastAt: Timestamp
}

extension JournalRow {
  init(_ row: Row) throws {
    let infoHash: String? = try row.value("info_hash")
    let entry = JournalEntry(
      at: try row.time("at"), verdict: try row.value("verdict"), isRefusal: try row.value("refused"), operation: try row.value("operation"),
      principal: try row.value("principal"), address: try row.value("address"), infoHash: infoHash.flatMap { SHA1Digest(hex: $0) },
      artifact: try row.value("artifact"), plugin: try row.value("plugin"), rule: try row.value("rule"), reason: try row.value("reason"),
      place: try row.value("place"), policyGeneration: try row.value("policy_generation"), facts: try row.value("facts"))
    self.init(id: try row.value("id"), entry: entry, count: try row.value("count"), lastAt: try row.time("last_at"))
  }
}
