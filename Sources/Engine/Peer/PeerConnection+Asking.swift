import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// Requests of ours, and the blocks that answer them.
extension PeerConnection {
  /// A block that the session let us ask for and the plugins did not keep back is tried again after so long.
  private static let unaskable = Duration.seconds(1)

  /// Asks for as much as the peer's pipeline has room for. At the end of an event in which that may have changed.
  func fillRequests() throws {
    guard let peer = active, let download = peer.download, download.isFillDue else { return }
    download.isFillDue = false
    let now = core.clock.now()
    while phase == .active, !peer.swarm.isPaused, let count = room(download, now) {
      let demand = PickDemand(
        count, isChoked: download.pipeline.isChoked,
        prefersWholePieces: download.pipeline.prefersWholePieces(of: peer.layout.pieceLength))
      let blocks = download.fetch.pick(demand, for: number, now: now)
      core.downloads.giveBack(count - blocks.count, now: now)
      if blocks.isEmpty { break }
      for block in blocks { try request(block, peer, download, now) }
    }
    if let resumption = download.pipeline.resumption { fillAgain(at: resumption) }
  }

  /// How many blocks to ask for; nil for none. Their tokens are taken.
  private func room(_ download: PeerDownload, _ now: ContinuousClock.Instant) -> Int? {
    let room = download.pipeline.room(now)
    guard room > 0 else { return nil }
    switch core.downloads.take(room, now: now) {
    case .blocks(let count): return count
    case .wait(let moment):
      fillAgain(at: moment)
      return nil
    }
  }

  private func request(_ block: Block, _ peer: ActivePeer, _ download: PeerDownload, _ now: ContinuousClock.Instant) throws {
    // A hook may have ended the connection.
    guard phase == .active, peer.download === download else { return }
    if !download.permission.allows(block, in: peer.layout) {
      withhold(block, until: nil, "engine", "outside of what may be asked of it", download, now)
    } else if let answered = try peer.chain.writeRequest(block), case .withhold(let reason, let until) = answered.answer {
      withhold(block, until: until, answered.plugin, reason, download, now)
    } else if let message = peer.session.willRequest(block) {
      download.pipeline.sent(block, now: now)
      send(message, .request(block))
    } else {
      core.downloads.giveBack(1, now: now)
      core.wakeDownloads(download.fetch.withhold(block, from: number, until: now + Self.unaskable).subtracting([number]))
    }
  }

  private func withhold(
    _ block: Block, until: ContinuousClock.Instant?, _ plugin: String, _ reason: String, _ download: PeerDownload,
    _ now: ContinuousClock.Instant
  ) {
    core.downloads.giveBack(1, now: now)
    download.pipeline.withheld(now: now)
    core.wakeDownloads(download.fetch.withhold(block, from: number, until: until).subtracting([number]))
    if let until { fillAgain(at: until) }
    if !reason.isEmpty, download.isNews(reason) { journal(.ask, "withhold", plugin: plugin, reason: reason) }
  }

  /// Asks again at the moment named, if that is soon; else the tick does.
  private func fillAgain(at moment: ContinuousClock.Instant) {
    guard let download = active?.download, download.filling == nil else { return }
    let wait = max(moment - core.clock.now(), .milliseconds(5))
    guard wait < .seconds(1) else { return }
    // A handler runs on its own loop, which is what is assumed here.
    download.filling = loop.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(wait)) { [self] in
      active?.download?.filling = nil
      fillSoon()
    }
  }

  /// There may be something to ask for.
  func fillSoon() {
    guard phase == .active, let download = active?.download else { return }
    handleOrJoin { _ in download.isFillDue = true }
  }

  /// A request is needless, or was out for too long.
  func takeBack(_ block: Block, _ peer: ActivePeer) {
    peer.download?.pipeline.dropped(block)
    peer.download?.isFillDue = true
    guard let message = peer.session.willCancel(block) else { return }
    send(message, .cancel(block))
  }

  // MARK: Blocks

  /// Data that we have asked for.
  func received(_ data: PieceData) throws {
    guard let peer = active else { return }
    guard let download = peer.download, !download.fetch.isOver else { return }
    let block = data.block
    download.pipeline.arrived(block, now: lastReceived)
    download.isFillDue = true
    let answered = try peer.chain.onPiece(block, data.bytes)
    if case .discard(let reason)? = answered?.answer {
      journal(.ask, "discard", plugin: answered?.plugin ?? "", reason: reason)
      download.fetch.count(wasted: data.bytes.readableBytes)
      return core.wakeDownloads(
        download.fetch.withhold(block, from: number, until: lastReceived + Self.unaskable).subtracting([number]))
    }
    if answered?.answer == .handled {
      download.runs.append(BlockRun(block, bytes: nil))
    } else {
      keep(block, data.bytes, download)
    }
  }

  /// Keeps a block's bytes until the event's end, out of the buffer that the next ones are read into.
  private func keep(_ block: Block, _ bytes: ByteBuffer, _ download: PeerDownload) {
    if let last = download.runs.indices.last, download.runs[last].append(block, bytes) { return }
    var buffer = core.runBuffers.take()
    buffer.writeImmutableBuffer(bytes)
    download.runs.append(BlockRun(block, bytes: buffer))
  }

  /// What came in this event goes to the disk, and is told to the picker, in one step.
  func settleBlocks() {
    guard let peer = active, let download = peer.download, !download.runs.isEmpty else { return }
    for index in download.runs.indices {
      if let free = download.runs[index].shrink() { core.runBuffers.giveBack(free) }
    }
    let receipt = download.fetch.receive(download.runs, from: number, peer.swarm, core)
    download.runs.removeAll(keepingCapacity: true)
    for cancel in receipt.cancels { core.visit(cancel.peer) { $0.needless(cancel.block) } }
    peer.downloaded += Int64(receipt.bytes)
    core.received(receipt.bytes, from: number)
  }

  /// Another peer has given a block that this one was asked for too.
  func needless(_ block: Block) {
    guard phase == .active, let peer = active else { return }
    handleOrJoin { $0.takeBack(block, peer) }
  }

  /// About once a second: what was out for too long is asked of others.
  func tickDownload(_ peer: ActivePeer, _ now: ContinuousClock.Instant, _ wall: WallTime) {
    guard let download = peer.download else { return }
    if let until = download.permission.decision.validUntil, until <= wall { renewDownload(peer) }
    let late = download.pipeline.tick(now)
    if !late.isEmpty {
      for block in late { takeBack(block, peer) }
      core.wakeDownloads(download.fetch.release(late, from: number).subtracting([number]))
    }
    if download.pipeline.isSnubbed != download.isSnubbed {
      download.isSnubbed = download.pipeline.isSnubbed
      core.snub(number, isSnubbed: download.isSnubbed)
    }
    download.isFillDue = true
    askForHashes(peer, now)
  }
}
