import Control
import Foundation
import Glibc
import Inventory
import Logging
import NIOPosix
import PluginKit
import ServiceLifecycle
import Settings
import Storage
import Synchronization

/// `metrics.textfile`: the node's metrics in a file that a collector reads, written in one step.
enum NodeTextfile {
  /// Collectors run as somebody else, whatever our umask is.
  static func write(_ families: [MetricFamily], to path: String) throws {
    try AtomicFile.write(MetricsText.encode(families), to: path, mode: 0o644)
    guard chmod(path, 0o644) == 0 else { throw Failure(.cannotCreate, "the mode cannot be set", place: path) }
  }

  /// A run that did not come to be. What an earlier one left in the file of its good end stays.
  static func fail(_ settings: NodeSettings, isBounded: Bool, now: Timestamp = .now()) {
    guard let path = settings.textfile else { return }
    var runs = RunMetrics(node: settings.node.name)
    (runs.lastSuccess, runs.isBounded) = (lastSuccess(in: path), isBounded)
    runs.end("it could not start", nil, at: now)
    try? write(runs.families, to: path)
  }

  /// What a file of ours says of the last good run; nil where it says nothing of one.
  static func lastSuccess(in path: String) -> Timestamp? {
    let name = "granary_run_last_success_timestamp_seconds"
    let text = FileManager.default.contents(atPath: path).map { String(decoding: $0.prefix(1 << 20), as: UTF8.self) } ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(name + "{") }
    guard let seconds = line?.split(separator: " ").last.flatMap({ Double($0) }), seconds > 0, seconds < 9e9 else { return nil }
    return Timestamp(nanoseconds: Int64(seconds * 1e9))
  }
}

/// Writes the file once a minute while the node runs.
struct TextfileService: Service {
  let node: Node

  private static let pause = Duration.seconds(60)
  private static let patience = Duration.seconds(5)

  func run() async throws {
    let metrics = NodeMetrics(node: node, sight: NodeSight(node))
    // A thread of its own: the folder may be on a disk that hangs.
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    defer { pool.shutdownGracefully { _ in } }
    let writing = BoundedLook(patience: Self.patience) { [node] in
      guard let path = node.settings.textfile else { return }
      let families = await metrics.families(for: .textfile)
      try await pool.runIfActive { try NodeTextfile.write(families, to: path) }
    }
    await cancelWhenGracefulShutdown {
      var told: String?
      while !Task.isCancelled {
        let seen = await writing.look()
        let problem = seen.isUp ? nil : seen.problem ?? "it hangs"
        if let problem, problem != told {
          node.logger.warning("metrics cannot be written", metadata: .event(.metricsFailed, ["problem": "\(problem)"]))
        }
        told = problem
        try? await Task.sleep(for: Self.pause)
      }
    }
  }
}

/// What is written when a run is over.
struct ClosingMetrics: Sendable {
  let path: String
  var families: [MetricFamily]
  var runs: RunMetrics
}

extension Node {
  /// What will be written once the run is over, while the inventory can still be asked; nil where nothing is.
  func closingMetrics() async -> ClosingMetrics? {
    guard let path = settings.textfile, isCounted.load(ordering: .relaxed) else { return nil }
    let sight = NodeSight(self)
    let families = await NodeMetrics(node: self, sight: sight).families(for: .closing)
    var runs = await sight.stock.look().value?.runs ?? RunMetrics(node: initial.node.name)
    runs.isBounded = isBounded.load(ordering: .relaxed)
    return ClosingMetrics(path: path, families: families, runs: runs)
  }

  /// The last word of a run, waited for no longer than a moment.
  func write(_ closing: ClosingMetrics?, why: String, report: String?) async {
    guard var closing else { return }
    closing.runs.end(why, report.flatMap(RunReport.init(json:)), at: .now())
    let families = closing.families + closing.runs.families
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    let writing = BoundedLook(patience: .seconds(5)) { [path = closing.path] in
      try await pool.runIfActive { try NodeTextfile.write(families, to: path) }
    }
    let seen = await writing.look()
    pool.shutdownGracefully { _ in }
    if !seen.isUp {
      logger.warning(
        "metrics cannot be written",
        metadata: .event(.metricsFailed, ["file": "\(closing.path)", "problem": "\(seen.problem ?? "it hangs")"]))
    }
  }
}
