import DequeModule
import Metainfo
import NIOPosix
import PluginKit
import Storage
import Synchronization

/// What came of looking for an artifact.
enum SwarmLookup: Sendable {
  /// The swarm, held for the one who asked.
  case held(Swarm)
  /// No artifact in service has this name.
  case unknown
  /// It is in service, and could not be loaded.
  case failed(String)
}

/// Brings swarms into memory when somebody asks for them: on the disk's threads, a few at a time, each once for all who ask meanwhile.
final class SwarmLoader: Sendable {
  typealias Waiter = @Sendable (SwarmLookup) -> Void

  private struct Load {
    var waiters: [Waiter]
    /// Whether the artifact was replaced or removed since the loading began.
    var isStale = false
  }

  private struct State {
    var loads: [Int64: Load] = [:]
    var queue: Deque<Int64> = []
    var underWay = 0
  }

  /// The disk's threads, of which the node has 16, are also those of cold reads.
  private static let mostAtOnce = 4
  /// No artifact has this number: what is unknown is looked for under it.
  private static let nobody = Int64.min

  private let table: SwarmTable
  private let source: any ArtifactSource
  private let disk: DiskThreads
  /// Told that an artifact's evidence does not hold, and that it is out of service.
  private let onFault: @Sendable (Int64, StorageError) -> Void
  private let state = Mutex(State())

  init(table: SwarmTable, source: any ArtifactSource, disk: DiskThreads, onFault: @escaping @Sendable (Int64, StorageError) -> Void) {
    (self.table, self.source, self.disk, self.onFault) = (table, source, disk, onFault)
  }

  /// The swarm that the info-hash names, held, where it is in memory. Else nil, and the waiter is called later, from another thread.
  /// What is unknown goes the same way.
  func find(_ infoHash: SHA1Digest, _ waiter: @escaping Waiter) -> Swarm? {
    find(table.id(of: infoHash) ?? Self.nobody, waiter)
  }

  /// The same by the inventory's number.
  func find(_ id: Int64, _ waiter: @escaping Waiter) -> Swarm? {
    if let swarm = table.hold(id) { return swarm }
    let arrived = state.withLock { state -> Swarm? in
      // It may have arrived since.
      if let swarm = table.hold(id) { return swarm }
      if state.loads[id] == nil { state.queue.append(id) }
      state.loads[id, default: Load(waiters: [])].waiters.append(waiter)
      return nil
    }
    if arrived == nil { startNext() }
    return arrived
  }

  /// The artifact is about to be replaced or removed in the table, and has been in the source: what is being loaded of it is loaded again.
  func invalidate(_ id: Int64) { state.withLock { $0.loads[id]?.isStale = true } }

  private func startNext() {
    let next = state.withLock { state -> Int64? in
      guard state.underWay < Self.mostAtOnce, let id = state.queue.popFirst() else { return nil }
      state.underWay += 1
      // What is read from here on is of now.
      state.loads[id]?.isStale = false
      return id
    }
    guard let next else { return }
    // The inventory's disk: a lane of its own, that no artifact's device has.
    disk.submit(.max) { [self] submission in
      let result: Result<SeededArtifact, any Error> =
        submission == .active ? Result { try source.load(next) } : .failure(CancellationError())
      finish(next, result)
      startNext()
    }
  }

  /// In one step for all who look on: the load is over, and its swarm is in the table or the artifact out of it.
  private func finish(_ id: Int64, _ result: Result<SeededArtifact, any Error>) {
    let swarm = (try? result.get()).map(Swarm.init)
    let (waiters, lookup) = state.withLock { state -> ([Waiter], SwarmLookup) in
      state.underWay -= 1
      if state.loads[id]?.isStale == true, table.isInService(id) {
        state.queue.append(id)
        return ([], .unknown)
      }
      let waiters = state.loads.removeValue(forKey: id)?.waiters ?? []
      return (waiters, settle(id, swarm, result, holds: waiters.count))
    }
    if case .failed = lookup, case .failure(let error as StorageError) = result { onFault(id, error) }
    for waiter in waiters { waiter(lookup) }
  }

  private func settle(_ id: Int64, _ swarm: Swarm?, _ result: Result<SeededArtifact, any Error>, holds: Int) -> SwarmLookup {
    switch result {
    case .success:
      guard let swarm, swarm.facts.id == id, let arrived = table.arrived(swarm, holds: holds) else { return .unknown }
      return .held(arrived)
    case .failure(let error):
      guard table.isInService(id) else { return .unknown }
      if error is StorageError { _ = table.remove(id) }
      return .failed("\(error)")
    }
  }
}
