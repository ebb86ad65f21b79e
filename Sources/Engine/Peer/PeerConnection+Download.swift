import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Synchronization

/// What we want of the peer: who it is to us, what it has, and whether it serves us. Requests are in `PeerConnection+Asking`.
extension PeerConnection {
  /// The most requests that a peer takes of which nothing is known (BEP 10's `reqq`, libtorrent's default).
  private static let usualQueue = 250

  /// The peer is authorized: it may be asked for what it has, where we fetch and the guards let us.
  func beginDownload(_ peer: ActivePeer) {
    guard let fetch = peer.swarm.fetch, !fetch.isOver, peer.download == nil else { return }
    let permission = AskPermission(pipeline.decide(.ask, facts))
    journalShadowsOfAsking(permission.decision)
    guard permission.scope != nil else { return journalDenied(permission.decision) }
    let pipeline = RequestPipeline(fast: peer.session.fast, peerLimit: peer.session.peerExtensions?.requestQueue ?? Self.usualQueue)
    peer.download = PeerDownload(fetch, permission, pipeline)
    receiving?.buffer = loop.receivingBlocks
    fetch.join(number, address, facts.principal)
    // What it has told before, where the guards let us ask only now.
    guard !peer.session.peerPieces.isEmpty else { return }
    _ = fetch.state.withLock { $0.picker.has(peer.session.peerPieces, number) }
    updateInterest(peer)
    if !peer.session.peerChoking { unchoked(peer) }
  }

  private func journalDenied(_ decision: Decision) {
    let refusal = decision.refusal
    journal(
      .ask, "deny", plugin: refusal?.plugin ?? "engine", rule: refusal?.verdict.rule,
      reason: refusal?.verdict.reason ?? "nothing may be asked of it", place: refusal?.verdict.place, isUnmatched: decision.isUnmatched)
  }

  /// It is asked for nothing any more: what it owes is asked of others.
  func endDownload(_ peer: ActivePeer) {
    guard let download = peer.download else { return }
    peer.download = nil
    receiving?.buffer = loop.receiving
    download.filling?.cancel()
    core.wakeDownloads(download.fetch.leave(number))
    guard phase == .active else { return }
    for block in peer.session.outstandingRequests { takeBack(block, peer) }
    if let message = peer.session.willTell(interest: false) { send(message, .notInterested) }
  }

  /// The policy, or what is known of the peer, is another: so may be what it may be asked for.
  func renewDownload(_ peer: ActivePeer) {
    guard peer.swarm.isFetching else { return }
    guard let download = peer.download else { return beginDownload(peer) }
    let permission = AskPermission(pipeline.decide(.ask, facts))
    guard permission.scope != nil else {
      journalDenied(permission.decision)
      return endDownload(peer)
    }
    guard permission.decision != download.permission.decision else { return }
    // The same as if it had come now: what was withheld from it is forgotten.
    endDownload(peer)
    beginDownload(peer)
  }

  // MARK: What the peer tells

  /// The picker is told; whether we are interested is said where it has changed.
  func tellPicker(_ peer: ActivePeer, _ body: (inout PiecePicker) -> Void) {
    guard let download = peer.download else { return }
    download.fetch.state.withLock { body(&$0.picker) }
    download.isFillDue = true
    updateInterest(peer)
  }

  func updateInterest(_ peer: ActivePeer) {
    guard let download = peer.download else { return }
    let isInterested = download.fetch.isInteresting(number)
    guard let message = peer.session.willTell(interest: isInterested) else { return }
    send(message, isInterested ? .interested : .notInterested)
  }

  /// The peer serves us no more; without the fast extension it has dropped these.
  func choked(_ lapsed: [Block], _ peer: ActivePeer) {
    guard let download = peer.download else { return }
    download.pipeline.choked()
    download.fetch.serves(number, false)
    core.wakeDownloads(download.fetch.release(lapsed, from: number))
  }

  func unchoked(_ peer: ActivePeer) {
    guard let download = peer.download else { return }
    download.pipeline.unchoked(lastReceived)
    download.fetch.serves(number, true)
    download.isFillDue = true
  }

  /// A block that it will not give: while it serves us, it is left alone with that one for a while.
  func rejected(_ block: Block, _ peer: ActivePeer) {
    guard let download = peer.download else { return }
    download.pipeline.rejected(block, now: lastReceived)
    let woken =
      download.pipeline.isChoked
      ? download.fetch.release([block], from: number)
      : download.fetch.withhold(block, from: number, until: lastReceived + Self.rejectedTime)
    core.wakeDownloads(woken.subtracting([number]))
    download.isFillDue = true
  }

  private static let rejectedTime = Duration.seconds(5)

  // MARK: Hashes

  /// Asks a peer that speaks v2 for the hashes of blocks of a piece that has failed.
  func askForHashes(_ peer: ActivePeer, _ now: ContinuousClock.Instant) {
    guard let download = peer.download, peer.session.v2, download.permission.scope != nil else { return }
    let pieces = peer.session.peerPieces
    let request = download.fetch.state.withLock { $0.judge.hashRequest(for: number, now: now) { pieces[$0] } }
    guard let request else { return }
    peer.session.didRequest(request)
    send(.hashRequest(request))
  }

  func hashes(_ request: HashRequest, _ bytes: ByteBuffer, _ peer: ActivePeer) {
    guard let fetch = peer.download?.fetch else { return }
    let accusations = fetch.state.withLock { $0.judge.received(request, bytes.readableBytesView, from: number) }
    fetch.accuse(accusations, peer.swarm, core)
    askForHashes(peer, lastReceived)
  }

  func hashesRejected(_ request: HashRequest, _ peer: ActivePeer) {
    peer.download?.fetch.state.withLock { $0.judge.rejected(request, from: number) }
  }

  // MARK: What the fetch tells

  /// A piece was checked.
  func learn(_ news: PieceNews) {
    guard phase == .active, let peer = active else { return }
    handleOrJoin { connection in
      if news.isRight { connection.tell(of: news.piece, peer) }
      for block in news.cancels[connection.number] ?? [] { connection.takeBack(block, peer) }
      if news.bored.contains(connection.number) { connection.updateInterest(peer) }
      guard news.givers.contains(connection.number) else { return }
      do {
        if news.isRight { try peer.chain.onPiecePass(news.piece) } else { try peer.chain.onPieceFailed(news.piece) }
      } catch {
        connection.close(connection.reason(for: error))
      }
      // Whose piece has failed may be asked for others by now.
      peer.download?.isFillDue = true
    }
  }

  private func tell(of piece: Int, _ peer: ActivePeer) {
    guard peer.context.grant.shows(piece), peer.session.willHave(piece) else { return }
    peer.announced[piece] = true
    peer.lateNews.append(piece)
    // Who has it, or wants something of us already, can wait for a few: each by itself is a packet, and an answer to it, to every peer.
    let isLate = peer.context.isInterested || peer.session.peerPieces[piece]
    if !isLate || peer.lateNews.count >= Self.newsAtOnce { tellLateNews(peer) }
  }

  /// Pieces that are told of together, where there is time; a second's at the latest.
  private static let newsAtOnce = 4

  /// Tells of the pieces that could wait.
  func tellLateNews(_ peer: ActivePeer) {
    guard !peer.lateNews.isEmpty else { return }
    let pieces = peer.lateNews
    peer.lateNews = []
    for piece in pieces { send(.have(UInt32(truncatingIfNeeded: piece)), .have(piece)) }
  }

  /// Pieces were lost again.
  func unlearn(_ pieces: [Int]) {
    guard phase == .active, let peer = active else { return }
    handleOrJoin { connection in
      for piece in pieces {
        peer.announced[piece] = false
        let message = peer.session.willDontHave(piece)
        if let late = peer.lateNews.firstIndex(of: piece) {
          // It was never told.
          peer.lateNews.remove(at: late)
        } else if let message {
          connection.send(message, .extended(DontHaveMessage.name))
        }
      }
      connection.updateInterest(peer)
      peer.download?.isFillDue = true
    }
  }

  /// The artifact is complete: from now on this is a connection of a seed.
  func fetchEnded() {
    guard phase == .active, let peer = active else { return }
    handleOrJoin { connection in
      connection.tellLateNews(peer)
      connection.endDownload(peer)
      connection.apply(peer.context.grant, peer.swarm.shared(peer.context.grant).visible)
      connection.tellUploadOnly(peer)
      connection.core.handOver(connection.number, peer.context.isInterested, peer.swarm)
      connection.setChoked(!connection.core.isUnchoked(connection.number))
    }
  }

  /// BEP 21: we want nothing more.
  private func tellUploadOnly(_ peer: ActivePeer) {
    guard peer.announced.isFull, let id = peer.context.peerMessages[UploadOnlyMessage.name], id != 0 else { return }
    var payload = ByteBuffer()
    UploadOnlyMessage(isUploadOnly: true).encode(into: &payload)
    send(.extended(id: id, payload), .extended(UploadOnlyMessage.name))
  }
}

extension Grant {
  /// Whether the peer may be told that we have the piece.
  func shows(_ piece: Int) -> Bool {
    switch scope {
    case nil: false
    case .everything: true
    case .part(let part): part.wholePieces[piece]
    }
  }
}
