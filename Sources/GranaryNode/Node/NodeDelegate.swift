import Engine
import Inventory
import Metainfo
import NIOCore
import PluginKit
import Storage
import Synchronization
import Tracker

/// What engine and announcer tell the node. They are made before it is complete, so it is attached afterwards; it holds the node weakly.
final class NodeDelegate: Sendable {
  private struct Attached { weak var node: Node? }

  private let ledger: TransferLedger
  private let attached = Mutex(Attached())

  init(ledger: TransferLedger) {
    self.ledger = ledger
  }

  func attach(_ node: Node) { attached.withLock { $0.node = node } }
  private var node: Node? { attached.withLock { $0.node } }
}

extension NodeDelegate: EngineDelegate {
  func transferred(_ transfer: Engine.Transfer) {
    let now = Timestamp.now()
    let kind: Principal.Kind = IPAddress(transfer.principal) == nil ? .identity : .address
    ledger.record(
      TransferDelta(
        principal: Principal(kind: kind, name: transfer.principal), artifact: ArtifactID(rawValue: transfer.artifact),
        bytes: transfer.bytes,
        blocks: transfer.blocks, firstAt: now, lastAt: now))
  }

  func artifactFailed(id: Int64, error: StorageError) { node?.failed(ArtifactID(rawValue: id), error) }

  func fetched(id: Int64, finished: FinishedArtifact) { node?.fetched(ArtifactID(rawValue: id), finished) }
  func fetchFailed(id: Int64, reason: String) { node?.fetchFailed(ArtifactID(rawValue: id), reason) }
  func fetchTroubled(id: Int64, reason: String) { node?.fetchTroubled(ArtifactID(rawValue: id), reason) }
}

extension NodeDelegate: ArtifactSource {
  func load(_ id: Int64) throws -> SeededArtifact {
    guard let node else { throw ArtifactNotFound() }
    return try node.load(ArtifactID(rawValue: id))
  }

  func check(_ artifact: SeededArtifact) throws {
    guard let node else { throw ArtifactNotFound() }
    try node.check(artifact)
  }
}

extension NodeDelegate: AnnounceDelegate {
  func statistics(for id: Int64) -> AnnounceStatistics {
    guard let node else { return AnnounceStatistics(uploaded: 0, downloaded: 0, left: 0) }
    return AnnounceStatistics(
      uploaded: node.engine.uploaded(of: id), downloaded: node.engine.fetchSnapshot(of: id)?.downloaded ?? 0,
      left: node.engine.missing(of: id))
  }

  func found(peers: [SocketAddress], for id: Int64) {
    guard let node else { return }
    let own = node.ownAddresses
    for peer in peers.compactMap(PeerAddress.init(_:)) where !own.contains(peer) {
      node.engine.dial(peer, artifact: id, isStatic: false)
    }
  }

  func listenPort(of listener: Int) -> UInt16 { node?.listenPort(of: listener) ?? 0 }
}
