import Catalogue
import Inventory
import Logging
import Metainfo
import NIOPosix
import PluginKit
import Settings
import Synchronization

/// A node as the replica of a catalogue. Made before the node is complete, which is attached afterwards and held weakly.
final class NodeReplica: ReplicaActions {
  /// Begins to fetch something for a node, and returns.
  typealias Fetching = @Sendable (Node, WantedArtifact) async throws -> Void

  /// There is no node any more.
  struct NoNode: Error, CustomStringConvertible {
    let description = "the node is not running"
  }

  private struct Holder: Sendable {
    weak var node: Node?
  }

  private let holder = Mutex(Holder())
  private let fetching: Fetching

  init(fetching: @escaping Fetching) {
    self.fetching = fetching
  }

  func attach(_ node: Node) { holder.withLock { $0.node = node } }

  private func node() throws -> Node {
    guard let node = holder.withLock({ $0.node }) else { throw NoNode() }
    return node
  }

  func held() async throws -> [HeldArtifact] {
    let database = try node().database
    return try await NIOThreadPool.singleton.runIfActive {
      let served = try database.lastServed()
      let halted = try database.haltedFetches()
      return try database.artifacts().map { artifact in
        HeldArtifact(
          infoHash: artifact.infoHash, name: artifact.name, size: artifact.size,
          isComplete: (artifact.state == .ready || artifact.isPausedByOperator) && artifact.verifiedPieces == artifact.pieceCount,
          isWithheld: artifact.isWithheld,
          isFailed: halted.contains(artifact.id), lastServed: served[artifact.id]?.wholeSeconds)
      }
    }
  }

  func fetch(_ wanted: WantedArtifact) async throws { try await fetching(node(), wanted) }

  func retry(_ infoHash: InfoHash) async throws {
    let node = try node()
    try await NIOThreadPool.singleton.runIfActive { try node.retryFetch(of: infoHash) }
  }

  func withhold(_ infoHash: InfoHash, reason: String) async throws {
    let node = try node()
    try await NIOThreadPool.singleton.runIfActive { try node.withhold(infoHash, reason: reason) }
  }

  func release(_ infoHash: InfoHash) async throws {
    let node = try node()
    try await NIOThreadPool.singleton.runIfActive { try node.release(infoHash) }
  }

  func retire(_ infoHash: InfoHash, reason: String) async throws {
    let node = try node()
    try await NIOThreadPool.singleton.runIfActive { try node.retire(infoHash, reason: reason) }
  }
}

extension Node {
  /// Takes an artifact out of service until it is released. Waits for the disk.
  fileprivate func withhold(_ infoHash: InfoHash, reason: String) throws {
    // Whoever has paused it means it to stay so when the mirror takes its word back.
    guard let artifact = try database.artifact(infoHash: infoHash), !artifact.isPausedByOperator else { return }
    try database.setState(.paused, reason: Artifact.withheld + reason, of: artifact.id, at: .now())
    takeOutOfService(artifact.id, reason: reason)
  }

  /// Serves again what was withheld, as far as its evidence holds. Waits for the disk.
  fileprivate func release(_ infoHash: InfoHash) throws {
    guard let artifact = try database.artifact(infoHash: infoHash), artifact.isWithheld else { return }
    try putBack(artifact, reason: "released by the mirror")
  }

  /// Takes an artifact out of service and out of the inventory, and deletes its data. Waits for the disk.
  fileprivate func retire(_ infoHash: InfoHash, reason: String) throws {
    guard let artifact = try database.artifact(infoHash: infoHash) else { return }
    let removal = try DataRemoval(artifact, database, roots: RootsPolicy(roots: settings.artifacts.roots))
    try removal.refuseSharedData()
    endFetch(artifact.id, reason: reason)
    try database.remove(artifact.id)
    takeOutOfService(artifact.id, reason: reason)
    forgetSSLTorrent(artifact.id)
    let deleted = try removal.delete()
    logger.notice(
      "artifact retired",
      metadata: .event(.artifactRetired, ["artifact": "\(artifact.name)", "reason": "\(reason)", "files": "\(deleted.count)"]))
  }
}
