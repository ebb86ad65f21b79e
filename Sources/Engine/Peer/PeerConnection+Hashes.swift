import Metainfo
import NIOCore
import NIOPosix
import PeerProtocol
import PluginKit
import Storage
import Synchronization

/// BEP 52's hash requests, answered off the loop and a few at a time.
extension PeerConnection {
  private static let hashRequestsAtOnce = 8

  func answer(_ request: HashRequest, _ peer: ActivePeer) {
    guard mayHaveHashes(request, peer) else {
      peer.session.countGlitch()
      tellOfDeniedHashes(request, peer)
      return send(.hashReject(request))
    }
    let device = peer.swarm.reader.device
    guard hashRequestsInFlight < Self.hashRequestsAtOnce, core.hashJobs.hasRoom(on: device),
      hasHashBudget(peer.swarm.hashes.cost(of: request), peer), core.hashJobs.begin(on: device)
    else {
      core.counters.count(.rejectedHashRequests)
      return send(.hashReject(request))
    }
    hashRequestsInFlight += 1
    let (core, number) = (core, number)
    let swarm = peer.swarm
    core.disk.submit(device) { state in
      let hashes = state == .active ? core.hashes(for: request, of: swarm) : nil
      core.hashJobs.end(on: device)
      core.visit(number) { connection in connection.handleEvent { $0.answered(request, hashes) } }
    }
  }

  /// A peer that asks beyond its own budget wastes our time, and is told from one that suffers from what others ask.
  private func hasHashBudget(_ cost: Int, _ peer: ActivePeer) -> Bool {
    guard budgets.hashes.spend(cost, now: lastReceived) else {
      peer.session.countGlitch()
      return false
    }
    return core.hashBudget.withLock { $0.spend(cost, now: lastReceived) }
  }

  private func answered(_ request: HashRequest, _ hashes: [SHA256Digest]?) {
    hashRequestsInFlight -= 1
    // The grant may be narrower by now, or the artifact paused.
    guard let hashes, let peer = active, mayHaveHashes(request, peer) else { return send(.hashReject(request)) }
    send(.hashes(request, ByteBuffer(bytes: hashes.flatMap(\.bytes))))
  }

  /// One row a connection: who asks on and on must not fill the journal.
  private func tellOfDeniedHashes(_ request: HashRequest, _ peer: ActivePeer) {
    guard !isHashDenialTold, !peer.swarm.isPaused, peer.swarm.hashes.file(of: request) != nil else { return }
    isHashDenialTold = true
    let decision = peer.context.grant.request
    let judgement = decision.refusal ?? decision.judgements.last
    journal(
      .request, "deny", plugin: judgement?.plugin ?? "engine", rule: decision.refusal?.verdict.rule,
      reason: "hashes: \(decision.refusal?.verdict.reason ?? "the file is outside of what is granted")", place: judgement?.verdict.place,
      isUnmatched: decision.isUnmatched)
  }

  /// Hashes of blocks tell what a file holds: they are given only of files that are granted.
  private func mayHaveHashes(_ request: HashRequest, _ peer: ActivePeer) -> Bool {
    guard !peer.swarm.isPaused, let file = peer.swarm.hashes.file(of: request) else { return false }
    return switch peer.context.grant.scope {
    case nil: false
    case .everything: true
    case .part(let part): part.covers(file: file, of: peer.layout)
    }
  }
}

extension EngineCore {
  /// On a thread that may wait. Where the disk fails us, the artifact goes out of service, as where blocks are read.
  fileprivate func hashes(for request: HashRequest, of swarm: Swarm) -> [SHA256Digest]? {
    do throws(StorageError) {
      return try swarm.hashes.hashes(for: request, swarm.reader, have: swarm.have)
    } catch {
      fail(swarm, error)
      return nil
    }
  }
}
