import Metainfo
import NIOCore
import NIOPosix
import PeerProtocol
import PluginKit
import Storage
import Synchronization

/// Blocks out: many at a time, read into one buffer with their headers, written once, the next when the link has room.
extension PeerConnection {
  private static let largestBatch = 64
  private static let smallestBatch = 4
  private static let batchBytes = 1 << 20

  /// Serves the next batch, if there is one and the link, the disk and the limit allow.
  func pump() {
    guard phase == .active || phase == .draining, !isReadingDisk, !isWaitingForTokens, let context else { return }
    guard active?.queue.isEmpty == false else { return drained() }
    guard context.channel.isWritable else { return }
    serve(granted: nil)
  }

  /// Whose tokens the connection's blocks take; nil before it is authorized.
  var uploadClaim: UploadClaim? {
    active.map { UploadClaim(number: number, principal: facts.principal, artifact: $0.swarm.facts.id) }
  }

  /// The limiter's word: it is this connection's turn, and the bytes are taken for it.
  func tokensAvailable(_ turn: UploadScheduler.Turn) {
    isWaitingForTokens = false
    let mayServe = (phase == .active || phase == .draining) && !isReadingDisk && context?.channel.isWritable == true
    guard mayServe, active?.queue.isEmpty == false else {
      core.limiter.charge(-turn.bytes, for: turn.claim, now: core.clock.now())
      // Its requests may have been all that kept it.
      return drained()
    }
    serve(granted: turn)
  }

  private func serve(granted: UploadScheduler.Turn?) {
    guard let swarm = active?.swarm else { return }
    var batch: [Block] = []
    batch.reserveCapacity(batchLimit)
    let quantum = core.limiter.quantum
    let most = min(granted?.bytes ?? quantum ?? Self.batchBytes, Self.batchBytes)
    active?.queue.pop(count: batchLimit, bytes: most, into: &batch)
    guard !batch.isEmpty else { return }
    guard mayServe(batch, granted, isLimited: quantum != nil) else {
      active?.queue.restore(batch)
      isWaitingForTokens = true
      return
    }
    resumeReading()
    let reader = swarm.reader
    if reader.hasWindows, serveFromWindows(batch, swarm) { return }
    var buffer = loop.takeBuffer()
    switch read(batch[...], into: &buffer, from: reader, waiting: false) {
    case .complete: write(consume buffer, batch)
    case .wouldBlock(let whole): readOffLoop(batch, from: whole, consume buffer, reader)
    case .failed(let whole, let error): fail(batch, whole, consume buffer, swarm, reader, error)
    }
  }

  /// Takes the batch's tokens, or settles the difference where they were taken before. False: it waits for them.
  private func mayServe(_ batch: [Block], _ granted: UploadScheduler.Turn?, isLimited: Bool) -> Bool {
    let bytes = batch.reduce(0) { $0 + Int($1.length) }
    if let granted {
      // The queue may have changed while we waited for our turn.
      core.limiter.charge(bytes - granted.bytes, for: granted.claim, now: core.clock.now())
      return true
    }
    guard isLimited, let claim = uploadClaim else { return true }
    guard !core.limiter.take(bytes, for: claim, now: core.clock.now()) else { return true }
    core.beginGranting()
    return false
  }

  /// The same where there are limits; nil where nobody counts.
  private var limitedClaim: UploadClaim? { core.limiter.quantum == nil ? nil : uploadClaim }

  /// Tokens of blocks that were not sent after all.
  func giveBackTokens(_ blocks: some Sequence<Block>) {
    guard let claim = limitedClaim else { return }
    core.limiter.charge(-blocks.reduce(0) { $0 + Int($1.length) }, for: claim, now: core.clock.now())
  }

  private func read(_ batch: ArraySlice<Block>, into buffer: inout ByteBuffer, from reader: ArtifactReader, waiting: Bool) -> BatchResult {
    reader.append(
      batch, to: &buffer, prefixLength: PeerMessageEncoder.pieceHeaderLength, writePrefix: PeerMessageEncoder.writePieceHeader,
      waiting: waiting)
  }

  /// What the page cache does not have is read by the disk's threads, so that a slow disk stalls nobody else.
  private func readOffLoop(_ batch: [Block], from whole: Int, _ buffer: consuming ByteBuffer, _ reader: ArtifactReader) {
    isReadingDisk = true
    let held = HeldBuffer(buffer)
    let (core, number) = (core, number)
    let claim = limitedClaim
    core.disk.submit(reader.device) { state in
      guard state == .active else { return }
      guard var buffer = held.take() else { return }
      let result = reader.append(
        batch[whole...], to: &buffer, prefixLength: PeerMessageEncoder.pieceHeaderLength,
        writePrefix: PeerMessageEncoder.writePieceHeader, waiting: true)
      held.put(buffer)
      core.visit(number) { connection in
        connection.diskRead(batch, whole, held, reader, result)
      } orElse: {
        guard let claim else { return }
        core.limiter.charge(-batch.reduce(0) { $0 + Int($1.length) }, for: claim, now: core.clock.now())
      }
    }
  }

  private func diskRead(_ batch: [Block], _ whole: Int, _ held: HeldBuffer, _ reader: ArtifactReader, _ result: BatchResult) {
    isReadingDisk = false
    guard phase == .active || phase == .draining, let peer = active, let buffer = held.take() else { return }
    let swarm = peer.swarm
    // A choke or a narrower grant came while the disk was read: what was read stays here.
    guard !peer.context.isChoked, batch.allSatisfy(peer.context.mayHave) else { return takeBack(batch, peer) }
    switch result {
    case .complete: write(consume buffer, batch)
    case .wouldBlock(let more): fail(batch, whole + more, consume buffer, swarm, reader, nil)
    case .failed(let more, let error): fail(batch, whole + more, consume buffer, swarm, reader, error)
    }
  }

  private func takeBack(_ batch: [Block], _ peer: ActivePeer) {
    giveBackTokens(batch)
    let kept = peer.context.isChoked ? [] : batch.filter(peer.context.mayHave)
    peer.queue.restore(kept)
    for block in batch where !kept.contains(block) { refuse(block) }
    flushControl()
    pump()
  }

  /// The disk has failed us: what was read goes out, and the artifact goes out of service.
  private func fail(
    _ batch: [Block], _ whole: Int, _ buffer: consuming ByteBuffer, _ swarm: Swarm, _ reader: ArtifactReader, _ error: StorageError?
  ) {
    if whole > 0 { write(buffer, Array(batch.prefix(whole))) }
    for block in batch.dropFirst(whole) { refuse(block) }
    giveBackTokens(batch.dropFirst(whole))
    flushControl()
    guard let error, reader === swarm.reader, !swarm.isFetching else {
      // What is being fetched has its own troubles with the disk, or has just got into its place: the peer may ask again.
      return
    }
    core.fail(swarm, error)
  }

  private func write(_ buffer: consuming ByteBuffer, _ batch: [Block]) {
    guard !batch.isEmpty else { return }
    let held = HeldBuffer(copy buffer)
    write(batch, held) { [self] context, written in context.write(wrapOutboundOut(buffer), promise: written) }
  }

  /// Sends a batch, which `emit` writes; the buffer, where there is one, is the loop's again once the link has taken all of it.
  func write(_ batch: [Block], _ held: HeldBuffer?, _ emit: (ChannelHandlerContext, EventLoopPromise<Void>) -> Void) {
    guard let context else { return }
    let bytes = batch.reduce(0) { $0 + Int($1.length) }
    let started = core.clock.now()
    lastSent = started
    if inFlight == 0 { lastProgress = started }
    inFlight += 1
    active?.swarm.isActive.store(true, ordering: .relaxed)
    if let chain = active?.chain, !chain.isEmpty { for block in batch { chain.sent(.piece(block)) } }
    let written = context.eventLoop.makePromise(of: Void.self)
    let blocks = batch.count
    let claim = limitedClaim
    // The promise is the loop's that we are on.
    written.futureResult.assumeIsolated().whenComplete { [self] result in
      if case .failure = result, let claim { core.limiter.charge(-bytes, for: claim, now: core.clock.now()) }
      finished(result, held, bytes: bytes, blocks: blocks, started)
    }
    isWriting = true
    emit(context, written)
    context.flush()
    isWriting = false
    holdBackReading()
    schedulePump()
    if active?.isSuperSeeded == true { tellSent(batch) }
  }

  private func finished(
    _ result: Result<Void, any Error>, _ held: HeldBuffer?, bytes: Int, blocks: Int, _ started: ContinuousClock.Instant
  ) {
    inFlight -= 1
    lastProgress = core.clock.now()
    guard case .success = result else { return }
    if let buffer = held?.take() { loop.giveBack(buffer) }
    adapt(took: core.clock.now() - started)
    count(bytes: bytes, blocks: blocks)
    // A write that is done at once leaves the next batch to the loop's next turn.
    if !isWriting { pump() }
  }

  /// Fast links get large batches; a slow one does not make us hold a megabyte for it.
  private func adapt(took duration: Duration) {
    if duration < .milliseconds(200) {
      batchLimit = min(batchLimit * 2, Self.largestBatch)
    } else if duration > .seconds(1) {
      batchLimit = max(batchLimit / 2, Self.smallestBatch)
    }
  }

  /// One batch a turn, so that the loop's other connections have theirs.
  private func schedulePump() {
    // A connection that drains has one more turn when everything is out: that ends it.
    guard !isPumpScheduled, phase == .draining || active?.queue.isEmpty == false, context?.channel.isWritable == true else { return }
    isPumpScheduled = true
    // Asked for on the loop itself: a handler runs nowhere else.
    loop.eventLoop.assumeIsolated().execute { [self] in
      isPumpScheduled = false
      pump()
    }
  }

  /// Takes tokens for what goes out without having waited for them: a block that a plugin sends.
  func chargeTokens(_ bytes: Int) {
    guard let claim = limitedClaim else { return }
    core.limiter.charge(bytes, for: claim, now: core.clock.now())
  }

  func count(bytes: Int, blocks: Int) {
    active?.context.uploaded += Int64(bytes)
    accounted.bytes += Int64(bytes)
    accounted.blocks += Int64(blocks)
    if let chain = active?.chain, !chain.isEmpty { chain.sentPayload(bytes) }
  }

  /// Tells the inventory and the node's counters what went out since the last time.
  func settleAccounts() {
    guard accounted.bytes > 0, let swarm = active?.swarm else { return }
    let principal = active?.context.facts.principal ?? facts.principal
    core.uploaded.add(accounted.bytes, ordering: .relaxed)
    core.swarms.count(uploaded: accounted.bytes, of: swarm)
    core.delegate.transferred(
      Transfer(principal: principal, artifact: swarm.facts.id, bytes: accounted.bytes, blocks: accounted.blocks))
    accounted = (0, 0)
  }
}
