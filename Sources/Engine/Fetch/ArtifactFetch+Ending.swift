import DequeModule
import Metainfo
import NIOCore
import NIOPosix
import PluginKit
import Storage
import Synchronization

// What is forced to disk, and the end.
extension ArtifactFetch {
  /// About once a second: what is right is forced to disk, and what has failed is tried again.
  func tick(_ swarm: Swarm, _ core: EngineCore) {
    let now = core.clock.now()
    let (drains, commits, finishes, woken) = state.withLock { state -> (Bool, Bool, Bool, Set<PeerNumber>) in
      state.judge.tick(now)
      guard state.stage == .fetching else { return (false, false, false, []) }
      var woken: Set<PeerNumber> = []
      if let trouble = state.trouble {
        guard now >= trouble.retry else { return (false, false, false, []) }
        let delay = trouble.delay
        state.trouble = nil
        woken = state.takeIdle()
        // What fails again grows the delay.
        state.formerDelay = delay
      }
      let commits = !state.uncommitted.isEmpty && !state.isCommitting
      if commits { state.isCommitting = true }
      return (state.beginDraining(), commits, state.isReadyToFinish, woken)
    }
    if drains { drain(swarm, core) }
    if commits { submitCommit(swarm, core) }
    if finishes { finish(swarm, core) }
    core.wakeDownloads(woken)
  }

  private func submitCommit(_ swarm: Swarm, _ core: EngineCore) {
    core.disk.submit(device) { [self] submission in
      if submission == .active { commit(swarm, core) } else { state.withLock { $0.isCommitting = false } }
    }
  }

  private func commit(_ swarm: Swarm, _ core: EngineCore) {
    let pieces = state.withLock { state in
      defer { state.uncommitted = [] }
      return state.uncommitted
    }
    do throws(StorageError) {
      try writer.commit(pieces)
      let isDone = state.withLock { state in
        state.isCommitting = false
        state.formerDelay = nil
        return state.isReadyToFinish
      }
      if isDone { finish(swarm, core) }
    } catch {
      state.withLock { $0.isCommitting = false }
      lose(pieces, error, swarm, core)
    }
  }

  /// Linux may have forgotten what it could not write: the pieces are had again.
  private func lose(_ pieces: [Int], _ error: StorageError, _ swarm: Swarm, _ core: EngineCore) {
    guard error.trouble != nil else { return giveUp("\(error)", swarm, core) }
    let now = core.clock.now()
    for piece in pieces { swarm.set(piece, isHeld: false) }
    state.withLock { state in
      for piece in pieces { _ = state.picker.lost(piece) }
      state.meet("\(error)", now: now)
    }
    core.delegate.fetchTroubled(id: swarm.facts.id, reason: "\(error)")
    core.visit(swarm.peers) { connection in connection.unlearn(pieces) }
  }

  // MARK: The end

  /// Everything is there: into its place with it.
  func finish(_ swarm: Swarm, _ core: EngineCore) {
    let begins = state.withLock { state in
      guard state.isReadyToFinish else { return false }
      state.stage = .finishing
      return true
    }
    guard begins else { return }
    core.disk.submit(device) { [self] submission in
      if submission == .active { putInPlace(swarm, core) }
    }
  }

  private func putInPlace(_ swarm: Swarm, _ core: EngineCore) {
    do throws(StorageError) {
      let pieces = state.withLock { $0.uncommitted }
      if !pieces.isEmpty { try writer.commit(pieces) }
      let finished = try writer.finish()
      state.withLock { ($0.uncommitted, $0.stage) = ([], .complete) }
      complete(finished, swarm, core)
    } catch {
      guard error.trouble != nil else { return giveUp("\(error)", swarm, core) }
      let now = core.clock.now()
      state.withLock { state in
        state.stage = .fetching
        state.meet("\(error)", now: now)
      }
      core.delegate.fetchTroubled(id: swarm.facts.id, reason: "\(error)")
    }
  }

  private func complete(_ finished: FinishedArtifact, _ swarm: Swarm, _ core: EngineCore) {
    swarm.replace(reader: order.makeReader(finished.paths, finished.identities, false), have: finished.pieces)
    end()
    core.listenForChanges(of: swarm)
    core.swarms.set(missing: 0, of: swarm)
    core.swarms.settle(swarm)
    core.delegate.fetched(id: swarm.facts.id, finished: finished)
    swarm.tell(.onState) { try $0.onState("ready") }
    core.visit(swarm.peers) { connection in connection.fetchEnded() }
  }

  /// It cannot go on. What is there stays, for a later run.
  func giveUp(_ reason: String, _ swarm: Swarm, _ core: EngineCore) {
    let isFirst = state.withLock { state in
      guard state.stage == .fetching || state.stage == .finishing else { return false }
      state.stage = .failed(reason)
      state.jobs = []
      state.isDraining = false
      return true
    }
    guard isFirst else { return }
    end()
    core.delegate.fetchFailed(id: swarm.facts.id, reason: reason)
    core.retire(swarm, reason: "the fetch has failed: \(reason)")
  }

  /// It stops before its end: what is right is forced to disk and recorded. Waits for the disk.
  func close() {
    let jobs = state.withLock { state in
      defer { state.jobs = [] }
      return state.stage == .fetching ? state.jobs : []
    }
    guard !isOver else { return }
    end()
    for case .write(let block, let bytes) in jobs { try? writer.write(block, bytes) }
    let pieces = state.withLock { $0.uncommitted }
    try? writer.commit(pieces)
    try? writer.close()
  }
}
