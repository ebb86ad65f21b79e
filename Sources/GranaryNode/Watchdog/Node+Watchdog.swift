import Engine
import Inventory
import Logging
import NIOPosix
import PluginKit
import Settings

extension Node {
  /// The watchdog over this node's threads; nil where the configuration wants none.
  static func watchdog(
    _ settings: NodeSettings, _ engine: SeedEngine, _ disk: NIOThreadPool, _ logger: Logger, _ lastWords: LastWords
  ) -> Watchdog? {
    guard let limit = settings.node.watchdog?.duration else { return nil }
    let loops = engine.watchedLoops.enumerated().map { WatchedThread.loop($0, $1.eventLoop, $1.lane) }
    return Watchdog(
      limit: limit, threads: loops + [.pool("the threads that read disks", disk), .concurrency], plugins: { engine.watchedPlugins },
      logger: logger, end: { lastWords.end($0) })
  }
}

extension LastWords {
  /// Last words that go to the journal and to the run's row.
  init(journal: NodeJournal, database: InventoryDatabase, run: Int64) {
    self.init { why in
      // The row first: it is what the next start reads. What cannot be written was said on standard error.
      try? database.endRun(run, why: why, at: .now())
      journal.record(
        JournalRecord(
          at: .now, principal: "node", address: nil, operation: "node", verdict: "end", plugin: "watchdog", rule: "hang", reason: why))
      try? journal.writer.flush()
    }
  }
}
