import NIOCore
import PluginKit
import Storage

/// What the engine does when the files of an artifact change under it.
extension EngineCore {
  /// Takes a swarm out of service as soon as another program opens one of its files for writing. To be asked for before its files are read.
  ///
  /// The news comes on the one thread that answers the kernel, which drops leases that are not given back in time: it must not wait for a
  /// plugin that is told of the artifact's end. That is for a loop.
  func listenForChanges(of swarm: Swarm) {
    swarm.reader.onChange { [weak self, weak swarm] error in
      guard let self, let swarm, let loop = loops.first?.eventLoop else { return }
      loop.execute { self.fail(swarm, error) }
    }
  }

  /// Takes a swarm out of service that cannot be served as it is, and tells the node. Does not wait.
  func fail(_ swarm: Swarm, _ error: StorageError) {
    guard swarm.isInService else { return }
    delegate.artifactFailed(id: swarm.facts.id, error: error)
    retire(swarm, reason: "\(error)")
  }

  /// A look has found what no batch has: between the last look and this one blocks went out that nobody can vouch for.
  func journalDoubt(about swarm: Swarm, _ error: StorageError) {
    guard case .changed = error else { return }
    journal.record(
      JournalRecord(
        at: clock.wall(), principal: "node", address: nil, infoHash: swarm.facts.infoHash.preferredWire, artifact: swarm.facts.name,
        operation: "storage", verdict: "doubt", plugin: "engine",
        reason: "blocks went out since the last look at its files, and may not all be the torrent's: \(error)",
        generation: pipeline.generation))
  }
}
