import DequeModule
import Metainfo
import NIOCore
import NIOPosix
import PluginKit
import Storage
import Synchronization

// Blocks to the disk, and pieces from it.
extension ArtifactFetch {
  /// Blocks that one job writes before others of the device have their turn.
  private static let writesAtOnce = 256

  /// What came of blocks that were received.
  struct Receipt: Sendable {
    /// Bytes that were of use.
    var bytes = 0
    /// What others were asked for too.
    var cancels: [CancelledRequest] = []
  }

  /// Takes what a connection was given in one event: blocks that the session has found to be some that we asked for. What a plugin has taken for
  /// itself is not written.
  func receive(_ runs: [BlockRun], from number: PeerNumber, _ swarm: Swarm, _ core: EngineCore) -> Receipt {
    let (receipt, starts) = state.withLock { state -> (Receipt, Bool) in
      var receipt = Receipt()
      for run in runs { state.receive(run, from: number, &receipt) }
      if receipt.bytes > 0, state.members[number]?.address != nil { state.lastFromPeers = core.clock.now() }
      return (receipt, state.beginDraining())
    }
    if starts { drain(swarm, core) }
    return receipt
  }

  /// Has the disk's threads do what waits for them.
  func drain(_ swarm: Swarm, _ core: EngineCore) {
    core.disk.submit(device) { [self] submission in
      guard submission == .active else { return }
      work(swarm, core)
    }
  }

  private func work(_ swarm: Swarm, _ core: EngineCore) {
    for _ in 0..<Self.writesAtOnce {
      guard let job = nextJob(swarm, core) else { return }
      do {
        switch job {
        case .check(let piece): submitCheck(piece, swarm, core)
        case .write(let block, let bytes):
          try writer.write(block, bytes)
          written(bytes.readableBytes, core)
          core.runBuffers.giveBack(bytes)
        }
      } catch {
        return failed(error, job, swarm, core)
      }
    }
    drain(swarm, core)
  }

  private func nextJob(_ swarm: Swarm, _ core: EngineCore) -> FetchState.Job? {
    let (job, isDone) = state.withLock { state -> (FetchState.Job?, Bool) in
      if let job = state.jobs.popFirst() { return (job, false) }
      state.isDraining = false
      return (nil, state.isReadyToFinish)
    }
    if isDone { finish(swarm, core) }
    return job
  }

  private func written(_ bytes: Int, _ core: EngineCore) {
    let woken = state.withLock { state -> Set<PeerNumber> in
      let wasFull = state.queuedBytes >= FetchState.mostQueued
      state.queuedBytes -= bytes
      return wasFull && state.queuedBytes < FetchState.mostQueued ? state.takeIdle() : []
    }
    core.wakeDownloads(woken)
  }

  /// What could not be done waits at the head of the line until the disk is better; or the fetch is over.
  private func failed(_ error: StorageError, _ job: FetchState.Job, _ swarm: Swarm, _ core: EngineCore) {
    guard error.trouble != nil else { return giveUp("\(error)", swarm, core) }
    let now = core.clock.now()
    state.withLock { state in
      state.jobs.prepend(job)
      state.isDraining = false
      state.meet("\(error)", now: now)
    }
    core.delegate.fetchTroubled(id: swarm.facts.id, reason: "\(error)")
  }

  // MARK: Pieces

  private func submitCheck(_ piece: Int, _ swarm: Swarm, _ core: EngineCore) {
    state.withLock { $0.checking += 1 }
    core.disk.submit(device) { [self] submission in
      if submission == .active { check(piece, swarm, core) } else { state.withLock { $0.checking -= 1 } }
    }
  }

  private func check(_ piece: Int, _ swarm: Swarm, _ core: EngineCore) {
    do throws(StorageError) {
      if try checkers.isRight(piece) { passed(piece, swarm, core) } else { wrong(piece, swarm, core) }
      let isDone = state.withLock { state in
        state.checking -= 1
        return state.isReadyToFinish
      }
      if isDone { finish(swarm, core) }
    } catch {
      state.withLock { $0.checking -= 1 }
      failed(error, .check(piece), swarm, core)
    }
  }

  private func passed(_ piece: Int, _ swarm: Swarm, _ core: EngineCore) {
    let digests = state.withLock { $0.judge.needsDigests(piece) } ? checkers.digests(piece) : []
    // Before anybody is told of it, who may ask at once.
    swarm.set(piece, isHeld: true)
    let (news, accusations) = state.withLock { state -> (PieceNews, [Accusation]) in
      var news = PieceNews(piece: piece, isRight: true, givers: Set(state.picker.givers(of: piece).compactMap { $0 }))
      let (uninteresting, cancels) = state.picker.passed(piece)
      news.bored = Set(uninteresting)
      for cancel in cancels { news.cancels[cancel.peer, default: []].append(cancel.block) }
      state.uncommitted.append(piece)
      return (news, state.judge.passed(piece, digests: digests))
    }
    swarm.tell(.onPiecePass) { try $0.onPiecePass(piece) }
    core.visit(swarm.peers) { connection in connection.learn(news) }
    accuse(accusations, swarm, core)
  }

  private func wrong(_ piece: Int, _ swarm: Swarm, _ core: EngineCore) {
    let digests = checkers.digests(piece)
    let (finding, contributors, woken) = state.withLock { state -> (PieceJudge.Finding, [PeerAddress], Set<PeerNumber>) in
      let finding = state.judge.failed(piece, givers: state.picker.givers(of: piece), digests: digests)
      state.picker.failed(piece, badBlocks: finding.badBlocks)
      state.failedPieces += 1
      state.wasted += Int64(state.picker.layout.length(ofPiece: piece) ?? 0)
      return (finding, finding.contributors.compactMap { state.members[$0]?.address ?? nil }, state.takeIdle())
    }
    swarm.tell(.onPieceFailed) { try $0.onPieceFailed(piece, contributors: contributors) }
    let news = PieceNews(piece: piece, isRight: false, givers: Set(finding.contributors))
    core.visit(finding.contributors) { connection in connection.learn(news) }
    accuse(finding.accusations, swarm, core)
    core.wakeDownloads(woken)
  }

  /// Those that gave what is wrong are refused for the artifact.
  func accuse(_ accusations: [Accusation], _ swarm: Swarm, _ core: EngineCore) {
    for accusation in accusations {
      let member = state.withLock { state in
        let member = state.members[accusation.peer]
        if let member { state.refused[member.principal] = accusation.reason }
        return member
      }
      guard let member else { continue }
      core.refuse(member, accusation.reason, swarm)
      core.visit(accusation.peer) { $0.end(DisconnectReason(.engine, accusation.reason)) }
    }
  }
}

extension FetchState {
  /// Records who gave what, and what is to be written of it: of a run that lacks nothing, all in one piece.
  mutating func receive(_ run: BlockRun, from number: PeerNumber, _ receipt: inout ArtifactFetch.Receipt) {
    var accepted: [Block] = []
    var isComplete = false
    let blocks = run.blocks
    for block in blocks {
      let single = picker.receive(block, from: number)
      guard single.standing == .accepted else {
        wasted += Int64(block.length)
        continue
      }
      accepted.append(block)
      receipt.bytes += Int(block.length)
      receipt.cancels += single.cancels
      if single.completesPiece { isComplete = true }
    }
    downloaded += accepted.reduce(0) { $0 + Int64($1.length) }
    write(accepted, of: run, isWhole: accepted.count == blocks.count)
    if isComplete { jobs.append(.check(Int(run.piece))) }
  }

  private mutating func write(_ accepted: [Block], of run: BlockRun, isWhole: Bool) {
    guard let bytes = run.bytes else { return }
    if isWhole {
      jobs.append(.write(Block(piece: run.piece, offset: run.offset, length: UInt32(bytes.readableBytes)), bytes))
      queuedBytes += bytes.readableBytes
      return
    }
    // Of what is there already nothing is written over: it may be right, and this wrong.
    for block in accepted {
      guard let slice = bytes.getSlice(at: bytes.readerIndex + Int(block.offset - run.offset), length: Int(block.length)) else { continue }
      jobs.append(.write(block, slice))
      queuedBytes += slice.readableBytes
    }
  }

  /// Whether somebody is to do what waits; who asks does it then.
  mutating func beginDraining() -> Bool {
    guard !isDraining, trouble == nil, !jobs.isEmpty else { return false }
    isDraining = true
    return true
  }
}

/// What a piece's check has shown, for those that it concerns.
struct PieceNews: Sendable {
  let piece: Int
  let isRight: Bool
  /// Those that gave some of it.
  let givers: Set<PeerNumber>
  /// Those that have nothing of interest any more.
  var bored: Set<PeerNumber> = []
  /// What is to be taken back, by peer.
  var cancels: [PeerNumber: [Block]] = [:]
}
