import Control
import Engine
import Foundation
import Inventory
import Settings
import Synchronization

/// What came of a run: `granary run --report`, and a row of the inventory.
struct RunReport: Codable, Sendable {
  struct Artifacts: Codable, Sendable {
    /// In service at the end.
    let ready: Int
    /// Whose evidence was won in this run, by hashing or by fetching.
    let verified: Int
    let fetched: Int
    /// Of which somebody took something.
    let served: Int
    /// Those that are not, by why: `changed`, `missing`, `failed`, `paused`, `fetching`, `verifying`.
    let others: [String: Int]
  }

  let schema: String
  let node: String
  let version: String
  let pid: Int32
  /// ISO 8601.
  let startedAt: String
  let endedAt: String
  let seconds: Double
  /// `ready`, `idle`, `complete`, `ratio`, `for`, `max-runtime`, `signal`, `replaced`, or what went wrong.
  let why: String
  let artifacts: Artifacts
  /// Bytes of blocks that went out, and that came in and were of use.
  let uploaded: Int64
  let downloaded: Int64
  /// Who took something.
  let principals: Int
  /// Refusals that the journal has of this run.
  let refused: Int64
  let warnings: [String]

  enum CodingKeys: String, CodingKey {
    case schema, node, version, pid, seconds, why, artifacts, uploaded, downloaded, principals, refused, warnings
    case startedAt = "started_at"
    case endedAt = "ended_at"
  }
}

extension Node {
  /// What came of the run so far. Waits for the disk.
  func report(why: String, warnings: [String], now: Timestamp) throws -> RunReport {
    let (sums, figures, totals) = (try database.artifactSums(), try database.runFigures(since: startedAt), engine.totals)
    let others = sums.filter { $0.key != .ready }.map { ($0.key.rawValue, $0.value.count) }
    return RunReport(
      schema: "granary.run/1", node: settings.node.name, version: Granary.version, pid: getpid(), startedAt: startedAt.iso8601,
      endedAt: now.iso8601, seconds: ((ContinuousClock.now - started) / .milliseconds(1)).rounded() / 1000, why: why,
      artifacts: .init(
        ready: sums[.ready]?.count ?? 0, verified: figures.verified, fetched: fetchedArtifacts.load(ordering: .relaxed),
        served: figures.artifacts, others: Dictionary(uniqueKeysWithValues: others)),
      uploaded: totals.uploaded, downloaded: totals.downloaded, principals: figures.principals, refused: figures.refused,
      warnings: warnings)
  }
}
