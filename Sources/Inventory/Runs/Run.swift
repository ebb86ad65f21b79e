import GRDB

/// One life of the node.
package struct Run: Hashable, Sendable {
  /// The run's number in the inventory.
  package let id: Int64
  package let startedAt: Timestamp
  /// Nil while it lasts, and where it was interrupted: nobody was there to note the time.
  package let endedAt: Timestamp?
  package let pid: Int32
  /// Granary's version.
  package let version: String
  /// Nil while it lasts; `interrupted` where it ended without a word.
  package let whyEnded: String?
  /// The run's report, JSON.
  package let report: String?
}

extension Run {
  /// Why a run ended that was killed or crashed.
  package static let interrupted = "interrupted"

  init(_ row: Row) throws {
    self.init(
      id: try row.value("id"), startedAt: try row.time("started_at"), endedAt: try row.optionalTime("ended_at"), pid: try row.value("pid"),
      version: try row.value("version"), whyEnded: try row.value("why_ended"), report: try row.value("report"))
  }
}
