import Control
import Engine
import Foundation
import Inventory
import Logging
import NIOPosix
import PluginKit
import Storage
import Synchronization
import Tracker

/// How a node ends.
extension Node {
  static let drainTime = Duration.seconds(5)
  private static let farewellTime = Duration.seconds(5)
  static let childrenTime = Duration.seconds(3)

  /// What is stored at the end: a large inventory on a slow disk.
  private static let storingTime = Duration.seconds(60)

  /// The end, in order: no more peers, what is queued goes out, trackers are told, what waits is stored. Gives the run's report, as JSON; nil
  /// where the inventory does not say what came of it. Where it is to be at once, only what waits is stored.
  @discardableResult
  func shutDown(why: String) async -> String? {
    // Each part is bounded, and so is what the manager is asked for.
    service.stopping("what is queued goes out", within: Self.drainTime * 2 + Self.farewellTime + Self.childrenTime + Self.storingTime)
    beginEnd()
    await service.signals.unlessHurried { [self] in
      await engine.stop(drain: Self.drainTime)
      await announcements.finish()
      await announcer.stop(within: Self.farewellTime)
    }
    savePluginStates()
    await service.signals.unlessHurried { [self] in await children.stop(within: Self.childrenTime) }
    watchdog?.stop()
    pulse?.stop()
    service.extend(Self.storingTime)
    flusher.stop()
    // Where an heir was to come, the flusher had ended before.
    for sink in [ledger, pending, pluginValues] as [any Flushable] { try? sink.flush() }
    finishJournal()
    let closing = service.signals.isHurried ? nil : await closingMetrics()
    let text = storeReport(why: why)
    closeInventory(isLast: true)
    await write(closing, why: why, report: text)
    logger.notice("stopped", metadata: .event(.nodeStopped, ["why": "\(why)"]))
    return text
  }

  /// From now on it is not ready, and begins nothing.
  func beginEnd() {
    state.withLock { $0.isReady = false }
    isStopping.store(true, ordering: .relaxed)
    magnets.stop()
  }

  /// Ends the run's row; gives the report that it has there.
  func storeReport(why: String) -> String? {
    let now = Timestamp.now()
    let warnings = (try? NodeControlFace(node: self).warningsNow()) ?? []
    let encoded = try? DocumentEncoder.encode(report(why: why, warnings: warnings, now: now))
    let text = encoded.map { String(decoding: $0, as: UTF8.self) }
    do { try database.endRun(run, why: why, report: text, at: now) } catch {
      logger.error("the run's end could not be stored", metadata: .event(.inventoryFailed, ["error": "\(error)"]))
    }
    return text
  }

  /// - Parameter isLast: whether nobody else has the inventory open.
  func closeInventory(isLast: Bool) {
    do {
      if isLast { try database.checkpoint() }
      try database.close()
    } catch {
      logger.error("the inventory could not be closed cleanly", metadata: .event(.inventoryFailed, ["error": "\(error)"]))
    }
    // Not waited for: a hung disk or a long verification must not keep a node that was told to stop.
    disk.shutdownGracefully { _ in }
    verifying.shutdownGracefully { _ in }
    caring.shutdownGracefully { _ in }
    scrubbing.shutdownGracefully { _ in }
  }

  func savePluginStates() {
    for installed in engine.pipeline.plugins {
      guard let bytes = installed.call(.saveState, { installed.plugin.saveState() }), bytes.count <= 1 << 20 else { continue }
      try? AtomicFile.write(bytes, to: paths.pluginState(installed.name), mode: 0o600)
    }
  }
}
