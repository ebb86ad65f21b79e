import Control
import Foundation
import Inventory

/// What came of runs, as metrics: for who counts on them happening. A value.
struct RunMetrics: Sendable {
  /// A run that is over.
  struct Ended: Sendable {
    /// Nil where nobody was there to note it.
    let at: Timestamp?
    let why: String
    let report: RunReport?

    /// Whether it did what it was there for.
    var isGood: Bool { RunEnd(rawValue: why) != nil }
    /// A word of ours: what went wrong is in the log and in `granary runs`.
    var word: String { isGood || why == Inventory.Run.interrupted ? why : "failure" }
  }

  let node: String
  /// The last one; nil before the first is over.
  var last: Ended?
  /// When the last good one ended.
  var lastSuccess: Timestamp?
  var isRunning = false
  /// Whether it ends by itself.
  var isBounded = false

  init(node: String) {
    self.node = node
  }

  var families: [MetricFamily] {
    let label = MetricFamily.Label("node", node)
    func gauge(_ name: String, _ help: String, _ value: MetricValue) -> MetricFamily {
      .gauge("granary_run_\(name)", help, samples: [.init(value, label)])
    }
    var families = [
      gauge("in_progress", "Whether a run is under way.", MetricValue(isRunning)),
      gauge("bounded", "Whether it ends by itself, or the last one did.", MetricValue(isBounded)),
      gauge(
        "last_success_timestamp_seconds", "When the last good run ended; 0 where there was none.",
        MetricValue(lastSuccess?.unixSeconds ?? 0)),
    ]
    guard let last else { return families }
    families += [
      gauge("success", "Whether the last run that is over was good.", MetricValue(last.isGood)),
      .gauge(
        "granary_run_end_info", "Why it ended.", samples: [.init(MetricValue(1), label, .init("why", last.word))]),
    ]
    if let at = last.at { families.append(gauge("end_timestamp_seconds", "When it ended.", MetricValue(at.unixSeconds))) }
    guard let report = last.report else { return families }
    families += [
      gauge("duration_seconds", "How long it took.", MetricValue(report.seconds)),
      .gauge(
        "granary_run_artifacts", "Artifacts in it: in service at its end, verified, fetched, and served to somebody.",
        samples: [
          .init(MetricValue(report.artifacts.ready), label, .init("what", "ready")),
          .init(MetricValue(report.artifacts.verified), label, .init("what", "verified")),
          .init(MetricValue(report.artifacts.fetched), label, .init("what", "fetched")),
          .init(MetricValue(report.artifacts.served), label, .init("what", "served")),
        ]),
      gauge("uploaded_bytes", "Blocks that went out in it.", MetricValue(report.uploaded)),
      gauge("downloaded_bytes", "Blocks that came in and were of use.", MetricValue(report.downloaded)),
      gauge("principals", "Who took something.", MetricValue(report.principals)),
      gauge("refused", "Refusals in it.", MetricValue(report.refused)),
      gauge("warnings", "Warnings at its end.", MetricValue(report.warnings.count)),
    ]
    return families
  }
}

extension RunMetrics {
  /// Of a node that runs, from what its inventory has of runs. Waits for the disk.
  init(node: String, database: InventoryDatabase) throws {
    self.init(node: node)
    isRunning = true
    last = try database.runs(limit: 2).first { $0.whyEnded != nil }.map { run in
      Ended(at: run.endedAt, why: run.whyEnded ?? "", report: run.report.flatMap(RunReport.init(json:)))
    }
    lastSuccess = try database.lastRun(endedAs: RunEnd.allCases.map(\.rawValue))?.endedAt
  }

  /// Once this run is over too.
  mutating func end(_ why: String, _ report: RunReport?, at now: Timestamp) {
    let ended = Ended(at: now, why: why, report: report)
    (isRunning, last) = (false, ended)
    if ended.isGood { lastSuccess = now }
  }
}

extension RunReport {
  init?(json text: String) {
    guard let report = try? JSONDecoder().decode(RunReport.self, from: Data(text.utf8)) else { return nil }
    self = report
  }
}
