/// The runs of the node, for the status page, the newest first.
package struct PageRunsDocument: Codable, Sendable, Hashable {
  package struct Run: Codable, Sendable, Hashable {
    package let id: Int64
    package let startedAt: String
    /// Null while it lasts, and where it was interrupted.
    package let endedAt: String?
    package let pid: Int32
    package let version: String
    /// Null while it lasts.
    package let why: String?
    /// What came of it; null where it left no report.
    package let ready: Int?
    package let uploaded: Int64?
    package let downloaded: Int64?
    package let refused: Int64?

    package init(
      id: Int64, startedAt: String, endedAt: String?, pid: Int32, version: String, why: String?, ready: Int?, uploaded: Int64?,
      downloaded: Int64?, refused: Int64?
    ) {
      (self.id, self.startedAt, self.endedAt, self.pid, self.version) = (id, startedAt, endedAt, pid, version)
      (self.why, self.ready, self.uploaded, self.downloaded, self.refused) = (why, ready, uploaded, downloaded, refused)
    }

    enum CodingKeys: String, CodingKey {
      case id, pid, version, why, ready, uploaded, downloaded, refused
      case startedAt = "started_at"
      case endedAt = "ended_at"
    }
  }

  package var schema = "granary.page-runs/1"
  package let runs: [Run]

  package init(runs: [Run]) { self.runs = runs }
}
