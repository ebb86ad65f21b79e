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

  /// The disk's threads are also those of cold reads: half of them at most.
  private static let mostAtOnce = 4
  /// No artifact has this number: what is unknown is looked for under it.
  private static let nobody = Int64.min

  private let table: SwarmTable
  private let source: any ArtifactSource
  private let disk: NIOThreadPool
  /// Told that an artifact's evidence does not hold.
  private let onFault: @Sendable (Int64, StorageError) -> Void
  private let state = Mutex(State())

  init(table: SwarmTable, source: any ArtifactSource, disk: NIOThreadPool, onFault: @escaping @Sendable (Int64, StorageError) -> Void) {
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
    state.withLock { state in
      if state.loads[id] == nil { state.queue.append(id) }
      state.loads[id, default: Load(waiters: [])].waiters.append(waiter)
    }
    startNext()
    return nil
  }

  /// The artifact was replaced or removed: what is being loaded of it is not what it is now.
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
    disk.submit { [self] submission in
      let result: Result<SeededArtifact, any Error> =
        submission == .active ? Result { try source.load(next) } : .failure(CancellationError())
      finish(next, result)
      startNext()
    }
  }

  private func finish(_ id: Int64, _ result: Result<SeededArtifact, any Error>) {
    let waiters = state.withLock { state -> [Waiter] in
      state.underWay -= 1
      if state.loads[id]?.isStale == true, table.isInService(id) {
        state.queue.append(id)
        return []
      }
      return state.loads.removeValue(forKey: id)?.waiters ?? []
    }
    guard !waiters.isEmpty else { return }
    for (waiter, lookup) in zip(waiters, lookups(id, result, waiters.count)) { waiter(lookup) }
  }

  private func lookups(_ id: Int64, _ result: Result<SeededArtifact, any Error>, _ count: Int) -> [SwarmLookup] {
    let lookup: SwarmLookup
    switch result {
    case .success(let artifact):
      let swarm = Swarm(artifact)
      lookup = artifact.facts.id == id && table.arrived(swarm, holds: count) ? .held(swarm) : .unknown
    case .failure(let error):
      if let error = error as? StorageError { onFault(id, error) }
      lookup = table.isInService(id) || error is StorageError ? .failed("\(error)") : .unknown
    }
    return Array(repeating: lookup, count: count)
  }
}
