import PluginKit
import Synchronization

/// How often what was decided, by whom, since the start: what the journal is told, before equal refusals become one row.
final class VerdictTally: Sendable {
  struct Key: Sendable, Hashable {
    let operation: String
    let plugin: String
    let verdict: String
  }

  private let counts = Mutex<[Key: Int64]>([:])
  /// The words are ours and the pipeline's; a plugin of somebody else's may have any number of them.
  private static let most = 500

  func count(_ record: JournalRecord) {
    let key = Key(operation: record.operation, plugin: record.plugin, verdict: record.verdict)
    counts.withLock { counts in
      let isKept = counts[key] != nil || counts.count < Self.most
      counts[isKept ? key : Key(operation: "other", plugin: "other", verdict: "other"), default: 0] &+= 1
    }
  }

  /// All counts; those that a pipeline can bring are there before they have happened.
  func counts(touching pipeline: Pipeline) -> [Key: Int64] {
    var counts = counts.withLock { $0 }
    for key in Self.expected(of: pipeline) { counts[key] = counts[key] ?? 0 }
    return counts
  }

  private static func expected(of pipeline: Pipeline) -> [Key] {
    let own = [("connect", "tls"), ("limit", "engine")].map { Key(operation: $0, plugin: $1, verdict: "deny") }
    let guards = pipeline.plugins.flatMap { installed in
      installed.plugin.guards.map { Key(operation: $0.rawValue, plugin: installed.name, verdict: "deny") }
    }
    let last = pipeline.guards(of: .connect).last?.name ?? "engine"
    return own + guards + [Key(operation: "connect", plugin: last, verdict: "allow")]
  }
}
