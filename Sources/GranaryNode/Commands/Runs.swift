import ArgumentParser
import Foundation
import Inventory

struct Runs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The runs of the node: when, for how long, why they ended, and what came of them.",
    discussion: "The newest first. A run that was killed is 'interrupted', and nobody saw when.")

  private struct Document: Encodable {
    let schema = "granary.runs/1"
    let runs: [Entry]
  }

  private struct Entry: Encodable {
    let id: Int64
    let startedAt: String
    let endedAt: String?
    let pid: Int32
    let version: String
    /// Null while it lasts.
    let why: String?
    let report: RunReport?

    enum CodingKeys: String, CodingKey {
      case id, pid, version, why, report
      case startedAt = "started_at"
      case endedAt = "ended_at"
    }

    init(_ run: Inventory.Run) {
      (id, pid, version, why) = (run.id, run.pid, run.version, run.whyEnded)
      (startedAt, endedAt) = (run.startedAt.iso8601, run.endedAt?.iso8601)
      report = run.report.flatMap(RunReport.init(json:))
    }
  }

  @OptionGroup var common: CommonOptions
  @Option(help: "How many.") var limit = 20

  func validate() throws {
    guard (1...10_000).contains(limit) else { throw ValidationError("--limit is from 1 to 10000") }
  }

  func run() async throws {
    let runs = try Workplace(common).reading()?.runs(limit: limit).map { Entry($0) } ?? []
    if common.json { return try Console.print(document: Document(runs: runs)) }
    for run in runs { Console.print(line(run)) }
  }

  private func line(_ run: Entry) -> String {
    let ended = run.why.map { "ended: \(escaped($0))" } ?? "runs, process \(run.pid)"
    guard let report = run.report else { return "\(run.id)  \(run.startedAt)  \(ended)" }
    let bytes = "\(ByteText.describe(report.uploaded)) up, \(ByteText.describe(report.downloaded)) down"
    let sums = "\(report.artifacts.ready) ready, \(bytes), \(report.refused) refused"
    return "\(run.id)  \(run.startedAt)  \(report.seconds) s  \(ended)  \(sums)"
  }
}
