import Engine
import Foundation
import Inventory
import Logging
import NIOPosix
import PluginKit
import Synchronization

extension Node {
  /// The line about the node in the service manager's status. Costs no disk.
  var serviceStatus: String {
    let totals = engine.totals
    let doubtful = care.withLock { $0.book.undecided }
    let peers = totals.connections == 1 ? "1 peer" : "\(totals.connections) peers"
    let artifacts = totals.artifacts == 1 ? "1 artifact" : "\(totals.artifacts) artifacts"
    let doubts = doubtful == 0 ? "" : ", \(doubtful) to be verified"
    return "\(artifacts) in service, \(peers)\(doubts)"
  }

  /// What tells the service manager that all goes on; nil where nobody wants to hear it.
  static func pulse(_ service: NodeService, _ engine: SeedEngine, _ database: InventoryDatabase) -> Pulse? {
    let loops = engine.watchedLoops.enumerated().map { WatchedThread.loop($0, $1.eventLoop, $1.lane) }
    return service.pulse { loops + [.inventory(database)] }
  }

  /// TERM and INT are heard from now on. Where the end is to be at once, it is over within a second, whatever hangs: what the inventory has
  /// committed is sound without us.
  ///
  /// - Parameter status: what the process ends with where it does not come to its own end in that time.
  func watchSignals(hurried status: ExitStatus) {
    service.signals.watch()
    service.signals.whenHurried { [logger] in
      let thread = Thread {
        logger.warning("a second signal: the end is at once", metadata: .event(.nodeHurried))
        Thread.sleep(forTimeInterval: Self.lastSecond)
        _exit(status.rawValue)
      }
      thread.start()
    }
  }

  private static let lastSecond: TimeInterval = 1
}

extension WatchedThread {
  /// Whether changes of the inventory get their turn. One that fails has had it.
  static func inventory(_ database: InventoryDatabase) -> WatchedThread {
    let asking = NIOThreadPool(numberOfThreads: 1)
    asking.start()
    return WatchedThread("the inventory", .reported) { body in
      asking.submit { _ in
        try? database.takeTurn()
        body()
      }
    }
  }
}
