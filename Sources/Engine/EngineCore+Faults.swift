import Logging
import NIOCore
import PluginKit
import Synchronization

/// A plugin that something may still run of.
struct AttendedPlugin: Sendable {
  weak var installed: InstalledPlugin?
}

/// Plugins that go past their budget of faults and time, and plugins that hang.
extension EngineCore {
  /// Gives the plugins of a pipeline our clocks, and learns when one of them is tripped.
  func attend(to pipeline: Pipeline) {
    // Not the pipeline, which holds the plugins that would hold it: a reload would never let go of the former ones.
    let generation = pipeline.generation
    for installed in pipeline.plugins {
      var host = PluginStatistics.Host()
      (host.clock, host.wall, host.loops) = (clock.now, clock.wall, settings.eventLoops)
      host.onTrip = { [weak self, weak installed] trip in
        guard let self, let installed else { return }
        tripped(installed, trip, generation: generation)
      }
      installed.statistics.attach(host)
    }
    attended.withLock { attended in
      attended.removeAll { $0.installed == nil }
      attended += pipeline.plugins.map { AttendedPlugin(installed: $0) }
    }
  }

  /// Said once, wherever it happened; every connection is judged again, as after a change of policy.
  private func tripped(_ installed: InstalledPlugin, _ trip: PluginTrip, generation: UInt64) {
    let consequence = "on-error: \(installed.onError.rawValue) holds until the configuration is reloaded"
    logger.error(
      "a plugin is tripped",
      metadata: .event(.pluginTripped, ["plugin": "\(installed.name)", "reason": "\(trip.reason)", "consequence": "\(consequence)"]))
    journal.record(
      JournalRecord(
        at: trip.at, principal: "node", address: nil, operation: "plugin", verdict: "tripped", plugin: installed.name, rule: "fault",
        reason: "\(trip.reason); \(consequence)", place: installed.place, generation: generation))
    judgeAgain()
  }

  /// Judges every connection by the policy in force, on its own loop and after what goes on there.
  func judgeAgain() {
    let pipeline = pipeline
    for handle in loops {
      handle.eventLoop.execute {
        for connection in Array(handle.bound.value.connections.values) { connection.judgeAgain(pipeline) }
      }
    }
  }
}

/// What a watchdog looks at.
extension SeedEngine {
  /// An event loop, with what is written down of the hooks that run on it.
  package struct WatchedLoop: Sendable {
    package let eventLoop: any EventLoop
    package let lane: HookLane
  }

  /// The loops that serve connections; none after the end.
  package var watchedLoops: [WatchedLoop] { core.loops.map { WatchedLoop(eventLoop: $0.eventLoop, lane: $0.lane) } }

  /// The plugins of every policy that something may still run of.
  package var watchedPlugins: [InstalledPlugin] { core.attended.withLock { $0.compactMap(\.installed) } }
}
