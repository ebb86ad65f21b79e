import Logging
import PluginKit

/// A plugin in its pipeline, and what the trials of it share.
struct TrialBench: Sendable {
  let conformance: PluginConformance
  let log: ProbeLog
  let clock: TrialClock
  let services: PluginServices
  /// The plugin itself.
  let plugin: any Plugin
  let installed: InstalledPlugin
  let pipeline: Pipeline

  init(_ conformance: PluginConformance, _ log: ProbeLog) throws {
    (self.conformance, self.log) = (conformance, log)
    clock = TrialClock(conformance.world.now)
    services = Self.services(conformance, log, clock)
    plugin = try conformance.make(services)
    (installed, pipeline) = try Self.install(plugin, conformance, log, generation: 1)
  }

  var world: ConformanceWorld { conformance.world }
  var limits: ConformanceLimits { conformance.limits }

  /// Ports of a plugin that starts from nothing.
  static func services(_ conformance: PluginConformance, _ log: ProbeLog, _ clock: TrialClock) -> PluginServices {
    var services = PluginServices(
      wallClock: { clock.wall }, clock: { clock.now }, journal: TrialJournal(plugin: conformance.name, log: log),
      logger: Logger(label: conformance.name) { _ in SwiftLogNoOpLogHandler() }, folder: conformance.folder,
      documents: conformance.documents, directory: conformance.directory, nodeName: "conformance")
    services.children = conformance.children
    return services
  }

  /// What a reload does: the plugin is made anew and finds what the former left.
  func reloaded() throws -> (installed: InstalledPlugin, pipeline: Pipeline) {
    try Self.install(try conformance.make(services), conformance, log, generation: 2)
  }

  private static func install(
    _ plugin: any Plugin, _ conformance: PluginConformance, _ log: ProbeLog, generation: UInt64
  ) throws -> (InstalledPlugin, Pipeline) {
    // What is charged to its budget is looked at by the suite itself: it must not be tripped meanwhile.
    let budget = FaultBudget.Limits(faults: 1_000_000, late: .seconds(3600), time: .seconds(1))
    let installed = InstalledPlugin(
      name: conformance.name, plugin: ProbePlugin(plugin, log, hooks: conformance.hooks), place: "conformance", budget: budget)
    return (installed, try Pipeline(plugins: [installed], generation: generation))
  }

  /// All peers with all artifacts, when everything is known of them.
  func facts(at now: WallTime) -> [PeerFacts] {
    world.peers.flatMap { peer in world.artifacts.map { Self.facts(peer, $0, now) } }
  }

  static func facts(_ peer: PeerFacts, _ artifact: ArtifactFacts, _ now: WallTime) -> PeerFacts {
    var facts = peer
    (facts.artifact, facts.infoHash, facts.now) = (artifact, artifact.infoHash.preferredWire, now)
    return facts
  }
}
