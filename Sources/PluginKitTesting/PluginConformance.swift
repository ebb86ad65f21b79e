import NIOCore
import NIOPosix
import PluginKit

/// Runs a plugin through every hook of the interface, as a node would call it, and says what is not as the interface has it.
///
/// ```swift
/// @Test func conforms() async {
///   let report = await PluginConformance(SiteGuard.self, settings: LiteralSettings(["sites": ["hamburg": "10.1.0.0/16"]])).run()
///   #expect(report.isConforming, "\(report)")
/// }
/// ```
///
/// The plugin stands in a real pipeline and in real chains of handlers; what is played is the engine and the peers. Guards are asked about every
/// peer, artifact and moment of the world, in several orders and from several threads. Connections live on event loops: each ends once at every
/// point of a life that calls every hook, others get what peers may legally send in random orders, with values at their bounds, and end in every
/// way that there is. Nothing needs a network, a disk or a testing library.
public struct PluginConformance: Sendable {
  /// Makes a plugin; asked several times, since a reload makes plugins anew.
  public typealias Factory = @Sendable (PluginServices) throws -> any Plugin

  /// Peers, artifacts and moments.
  public var world = ConformanceWorld()
  /// What is late.
  public var limits = ConformanceLimits()
  /// The folder that relative paths in the settings start from.
  public var folder = "/"
  /// Files that the settings name.
  public var documents: any SettingsDocuments = NoSettingsDocuments()
  /// Programs that the plugin starts.
  public var children: any ChildProcesses = NoChildProcesses()
  /// What the node has.
  public var directory: any ArtifactDirectory = NoArtifactDirectory()

  let name: String
  let hooks: [Hook]
  let make: Factory
  /// With empty settings; nil where nobody knows what these are.
  let makeEmpty: Factory?

  /// A plugin with settings as they would stand below its name in the YAML.
  public init<P: Plugin>(_ type: P.Type, settings: LiteralSettings = LiteralSettings()) {
    (name, hooks) = (P.name, P.hooks)
    make = { try P(settings: settings.decode(P.Settings.self), services: $0) }
    makeEmpty = { try P(settings: LiteralSettings().decode(P.Settings.self), services: $0) }
  }

  /// A plugin that is made in another way: from settings of Swift's own, or around a stand-in of what it talks to.
  ///
  /// - Parameters:
  ///   - empty: makes it with empty settings, where there is such a thing.
  ///   - make: makes it with the settings to be tested.
  public init(_ type: any Plugin.Type, empty: Factory? = nil, make: @escaping Factory) {
    (name, hooks, self.make, makeEmpty) = (type.name, type.hooks, make, empty)
  }

  /// Runs all checks: some seconds, and as long as the plugin waits for others.
  public func run() async -> ConformanceReport {
    let log = ProbeLog()
    await run(log)
    await confirmLateness(log)
    return log.report(plugin: name)
  }

  private func run(_ log: ProbeLog) async {
    let bench: TrialBench
    do {
      bench = try TrialBench(self, log)
    } catch {
      return log.found(.making, nil, "a plugin, made with its settings", "\(error)")
    }
    DeclarationChecks(bench: bench).run()
    await GuardChecks(bench: bench).run()
    await AdmissionChecks(bench: bench).run()
    ConversationChecks(bench: bench).run()
    StateChecks(bench: bench).run()
    await ConnectionChecks(bench: bench).run()
  }

  /// A machine that stands still for a moment makes nobody late: only what is late again and again is.
  private func confirmLateness(_ log: ProbeLog) async {
    var late = log.late(limits)
    for _ in 0..<2 where !late.isEmpty {
      let again = ProbeLog()
      await run(again)
      let still = again.late(limits)
      late = late.filter { still[$0.key] != nil }
    }
    for (hook, how) in late { log.found(.lateness, hook, how.expected, how.happened) }
  }

  /// The event loops of the process: connections live on several.
  static var loops: any EventLoopGroup { MultiThreadedEventLoopGroup.singleton }
}
