import Control
import Foundation
import Inventory
import Metainfo
import NIOPosix
import Settings

/// Where a command works: the configuration, and either the running node (which is the one writer) or the lock and the inventory itself.
struct Workplace: Sendable {
  let configuration: NodeConfiguration
  var paths: NodePaths { configuration.paths }

  init(_ options: CommonOptions) throws {
    configuration = try NodeConfiguration.load(options.config)
  }

  var publisher: Publisher {
    Publisher(
      roots: RootsPolicy(roots: configuration.settings.artifacts.roots), paths: paths,
      threads: max(1, ProcessInfo.processInfo.activeProcessorCount))
  }

  /// A client of the running node; nil where none runs.
  func runningNode() -> ControlClient? {
    guard UnixSocket.isAnswered(path: paths.socket) else { return nil }
    return ControlClient(path: paths.socket, group: MultiThreadedEventLoopGroup.singleton)
  }

  /// A client of the running node, or the failure that there is none.
  func requireRunningNode() throws -> ControlClient {
    guard let node = runningNode() else { throw Failure(.unavailable, "no node runs in \(paths.state)") }
    return node
  }

  /// The inventory for reading, node or not; nil where there is none yet.
  func reading() throws -> InventoryDatabase? {
    guard access(paths.inventory, F_OK) == 0 else { return nil }
    return try InventoryDatabase.open(readingAt: paths.inventory)
  }

  /// Runs the closure with the inventory and the lock.
  func writing<Value>(_ body: (InventoryKeeper) throws -> Value) throws -> Value {
    try paths.makeFolders()
    guard let lock = try NodeLock(path: paths.lock) else {
      throw Failure(.tryLater, "the state directory \(paths.state) is in use by \(NodeLock.holder(path: paths.lock))")
    }
    let database = try InventoryDatabase.open(path: paths.inventory)
    let value = try withExtendedLifetime(lock) { try body(InventoryKeeper(database: database)) }
    try database.close()
    return value
  }

  /// Hands over what was found: to the running node, else to the inventory.
  /// What a verification found of an artifact that was removed meanwhile is nobody's any more.
  func keep(_ found: Found, isVerification: Bool = false) async throws {
    if let node = runningNode() {
      var submission = found.submission
      submission.isVerification = isVerification
      _ = try await node.submit(submission)
    } else {
      _ = try writing { keeper in
        guard isVerification else { return try keeper.keep(found).artifact }
        guard let artifact = try keeper.update(with: found) else { throw Failure(movedMeanwhile: found) }
        return artifact
      }
    }
  }
}
