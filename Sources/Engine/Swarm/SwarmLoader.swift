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
    var waiters: [(peer: PeerNumber?, call: Waiter)]
    /// Whether the artifact was replaced or removed since the loading began.
    var isStale = false
  }

  private struct State {
    var loads: [Int64: Load] = [:]
    var queue: Deque<Int64> = []
    /// Questions to the source that have no answer yet; what waits for its own device is none of them.
    var underWay = 0

    /// The next to be loaded; what nobody waits for any more is passed over.
    mutating func next() -> Int64? {
      while let id = queue.popFirst() {
        if loads[id]?.waiters.isEmpty == false { return id }
        loads[id] = nil
      }
      return nil
    }
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
  ///
  /// - Parameter peer: the connection that asks; `forget` takes its question back.
  func find(_ infoHash: SHA1Digest, for peer: PeerNumber? = nil, _ waiter: @escaping Waiter) -> Swarm? {
    find(table.id(of: infoHash) ?? Self.nobody, for: peer, waiter)
  }

  /// The same by the inventory's number.
  func find(_ id: Int64, for peer: PeerNumber? = nil, _ waiter: @escaping Waiter) -> Swarm? {
    if let swarm = table.hold(id) { return swarm }
    let arrived = state.withLock { state -> Swarm? in
      // It may have arrived since.
      if let swarm = table.hold(id) { return swarm }
      if state.loads[id] == nil { state.queue.append(id) }
      state.loads[id, default: Load(waiters: [])].waiters.append((peer, waiter))
      return nil
    }
    if arrived == nil { startNext() }
    return arrived
  }

  /// The connection is gone: while a device hangs, those that come and go must not pile up.
  func forget(_ infoHash: SHA1Digest, _ peer: PeerNumber) {
    let id = table.id(of: infoHash) ?? Self.nobody
    state.withLock { $0.loads[id]?.waiters.removeAll { $0.peer == peer } }
  }

  /// The artifact is about to be replaced or removed in the table, and has been in the source: what is being loaded of it is loaded again.
  func invalidate(_ id: Int64) { state.withLock { $0.loads[id]?.isStale = true } }

  private func startNext() {
    let next = state.withLock { state -> Int64? in
      guard state.underWay < Self.mostAtOnce, let id = state.next() else { return nil }
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
      state.withLock { $0.underWay -= 1 }
      check(next, result)
      startNext()
    }
  }

  /// The artifact's own device is waited for among those that wait for it: one that hangs holds up nobody else.
  private func check(_ id: Int64, _ result: Result<SeededArtifact, any Error>) {
    guard case .success(let artifact) = result else { return finish(id, result) }
    disk.submit(artifact.reader.device) { [self] submission in
      let result: Result<SeededArtifact, any Error> =
        submission == .active
        ? Result {
          try source.check(artifact)
          return artifact
        } : .failure(CancellationError())
      finish(id, result)
      startNext()
    }
  }

  /// In one step for all who look on: the load is over, and its swarm is in the table or the artifact out of it.
  private func finish(_ id: Int64, _ result: Result<SeededArtifact, any Error>) {
    let swarm = (try? result.get()).map { Swarm($0) }
    let (waiters, lookup) = state.withLock { state -> ([Waiter], SwarmLookup) in
      if state.loads[id]?.isStale == true, table.isInService(id) {
        state.queue.append(id)
        return ([], .unknown)
      }
      let waiters = state.loads.removeValue(forKey: id)?.waiters.map(\.call) ?? []
      return (waiters, settle(id, swarm, result, holds: waiters.count))
    }
    if case .failed = lookup, case .failure(let error as StorageError) = result { onFault(id, error) }
    for waiter in waiters { waiter(lookup) }
  }

  private func settle(_ id: Int64, _ swarm: Swarm?, _ result: Result<SeededArtifact, any Error>, holds: Int) -> SwarmLookup {
    switch result {
    case .success:
      // Nobody would let go of what nobody holds.
      guard holds > 0, let swarm, swarm.facts.id == id, let arrived = table.arrived(swarm, holds: holds) else { return .unknown }
      return .held(arrived)
    case .failure(let error):
      guard table.isInService(id) else { return .unknown }
      if error is StorageError { _ = table.remove(id) }
      return .failed("\(error)")
    }
  }
}
