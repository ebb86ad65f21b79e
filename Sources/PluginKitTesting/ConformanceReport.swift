import PluginKit

/// What came of running a plugin through the suite.
public struct ConformanceReport: Sendable, CustomStringConvertible {
  /// How a guard answered an operation over all peers, artifacts and moments of the world.
  public struct Tally: Sendable, Hashable {
    /// Answers that allowed.
    public internal(set) var allowed = 0
    /// Answers that denied.
    public internal(set) var denied = 0
  }

  /// The plugin's name in the pipeline.
  public let plugin: String
  /// What is not as it should be; empty where the plugin conforms. Equal findings stand here once, and there are 100 at most.
  public let findings: [ConformanceFinding]
  /// How often each hook was called. A hook that is not here was not for this plugin: it makes no torrent or peer plugin, guards nothing, does
  /// not wait, or has no conversation.
  public let calls: [Hook: Int]
  /// How a guard answered. A world in which nobody is allowed, or nobody denied, says little about a guard: see `PluginConformance.world`.
  public let answers: [Operation: Tally]

  /// Whether nothing was found.
  public var isConforming: Bool { findings.isEmpty }

  /// One line a finding, or a line that says that there is none.
  public var description: String {
    guard !findings.isEmpty else { return "\(plugin) conforms: \(calls.values.reduce(0, +)) calls of \(calls.count) hooks" }
    return findings.map { "\(plugin): \($0)" }.joined(separator: "\n")
  }
}
