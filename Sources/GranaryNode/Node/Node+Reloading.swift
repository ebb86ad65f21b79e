import Catalogue
import Engine
import Foundation
import Inventory
import Logging
import PluginKit
import Settings
import Synchronization
import Tracker

/// Another configuration for a node that runs.
extension Node {
  /// Reads the configuration again and switches to it, or says why not and changes nothing.
  func reload() throws -> (message: String, warnings: [String]) {
    try reloading.withLock { _ in
      var isGood = false
      defer { reloads.withLock { $0.note(isGood, at: .now) } }
      let news = try service.reloading(status: { serviceStatus }) { try reloadAlone() }
      isGood = true
      return news
    }
  }

  private func reloadAlone() throws -> (message: String, warnings: [String]) {
    let fresh = try reread()
    let generation = state.withLock { $0.generation + 1 }
    let pipeline = try fresh.makePipeline(maker.below(fresh.settings.folder).services, generation: generation, approvals: approvals)
    let tracker = try NodeTracker.prepare(fresh.settings)
    let (catalogue, mirror) = (try NodeCatalogue.prepare(fresh.settings), try NodeMirror.prepare(fresh.settings))
    _ = try FetchManner.prepare(fresh.settings)
    let control = try NodeRemote.prepare(fresh.settings)
    let log = try service.prepare(fresh.settings.log)
    let certificates = try links.prepare(fresh.settings, now: WallTime.now.seconds)
    // The listeners stay as they were opened, whatever the new file says of them.
    if initial.listensBeyondLoopback, !pipeline.isGuarded, !fresh.settings.isOpen {
      throw Failure(
        .configuration, "the node listens beyond loopback and \(pipeline.howItIsOpen)", place: fresh.settings.file)
    }
    let restarts = ReloadableKeys.changesNeedingRestart(initial, fresh.settings)
    state.withLock { ($0.configuration, $0.generation) = (fresh, generation) }
    service.commit(log)
    journal.writer.keep(rows: fresh.settings.limits.journalRows)
    replaceEngineSettings(fresh.settings)
    links.commit(certificates, now: WallTime.now.seconds)
    replaceLinks()
    engine.replace(pipeline: pipeline)
    pluginTally.turn(to: pipeline)
    tellPlaces()
    tracking?.commit(tracker)
    publishing?.commit(catalogue)
    ops?.commit(fresh.settings)
    remote?.commit(control)
    mirroring.commit(mirror)
    refreshService()
    lookAgain()
    logger.notice("configuration reloaded", metadata: .event(.configurationReloaded, ["policy-generation": "\(generation)"]))
    let warnings = pipeline.plugins.flatMap { installed in
      installed.plugin.warnings.map { "\(installed.place): \(installed.name): \($0)" }
    }
    return (
      "policy generation \(generation) is in force",
      restarts.map { "\($0) changed and needs a restart" } + certificates.problems + warnings
    )
  }
}
