import NIOCore
import NIOPosix
import PluginKit
import Storage
import Synchronization

/// What the engine does about once a second, and when artifacts or connections end.
extension EngineCore {
  func tick() {
    let now = clock.now()
    var lacking: [Int] = []
    for installed in pipeline.plugins { installed.tell(.tick) { try installed.plugin.tick(now) } }
    swarms.expire(now: now)
    for swarm in swarms.live where swarm.peerCount > 0 {
      swarm.tell(.tick) { try $0.tick(now) }
      lookAtFiles(of: swarm)
      swarm.reader.sweepWindows(now: now)
      if ration(swarm) { lacking.append(swarm.layout.pieceLength) }
    }
    setBreadth(lacking)
    tickFetches()
    choke { choker, now in choker.tick(now) }
    dialer?.tick()
    limiter.sweep(now: now)
  }

  /// Whether the swarm lacks pieces and its peers therefore share slots; the choker is told of a change.
  private func ration(_ swarm: Swarm) -> Bool {
    guard let watch = swarm.watch else { return false }
    let lacks = settings.uploadSlots == .auto && limiter.quantum != nil && watch.lacking > 0
    guard watch.isRationed.exchange(lacks, ordering: .relaxed) != lacks else { return lacks }
    choke { $0.ration(swarm.peers, isRationed: lacks, now: $1) }
    return lacks
  }

  private func setBreadth(_ lacking: [Int]) {
    let settings = settings
    guard settings.uploadSlots == .auto else { return }
    let slots = UnchokeBreadth(rate: settings.uploadRate).slots(lacking: lacking)
    choke { $0.set(slots: slots, rationsAll: false, now: $1) }
  }

  /// An artifact is served only while its evidence holds: the files' identities are compared while blocks go out.
  private func lookAtFiles(of swarm: Swarm) {
    // Where the last look waits for its disk, another would only wait behind it.
    guard !swarm.isFetching, swarm.isActive.load(ordering: .relaxed), !swarm.isBeingLookedAt.exchange(true, ordering: .relaxed) else {
      return
    }
    swarm.isActive.store(false, ordering: .relaxed)
    let reader = swarm.reader
    disk.submit(reader.device) { [self] state in
      defer { swarm.isBeingLookedAt.store(false, ordering: .relaxed) }
      guard state == .active, let found = reader.checkOpenFiles().first else { return }
      if !found.isVouchedFor { journalDoubt(about: swarm, found.error) }
      fail(swarm, found.error)
    }
  }

  /// Somebody waits for the upload limits: their clockwork runs until nobody does. A node without a wait is not woken a hundred times a second.
  func beginGranting() {
    guard !isGranting.exchange(true, ordering: .sequentiallyConsistent), let loop = loops.first?.eventLoop else { return }
    loop.execute { [self] in keepGranting(on: loop) }
  }

  private func keepGranting(on loop: any EventLoop) {
    // Called by tasks of that loop alone.
    loop.assumeIsolated().scheduleTask(in: .milliseconds(10)) { [self] in
      grantTokens(on: loop)
      guard limiter.waitingCount == 0 else { return keepGranting(on: loop) }
      isGranting.store(false, ordering: .sequentiallyConsistent)
      // Who has come in between found the clockwork running.
      if limiter.waitingCount > 0 { beginGranting() }
    }
  }

  /// Wakes those that wait for the upload limits, in turn, as far as there are tokens. After each round others on the loop have theirs, and
  /// those just served may ask again before the next.
  func grantTokens(on loop: any EventLoop) {
    let turns = limiter.turns(now: clock.now())
    for turn in turns {
      visit(turn.claim.number) {
        $0.tokensAvailable(turn)
      } orElse: { [self] in
        // It is gone: its tokens are for others.
        limiter.charge(-turn.bytes, for: turn.claim, now: clock.now())
      }
    }
    if !turns.isEmpty { loop.execute { [self] in grantTokens(on: loop) } }
  }

  /// Takes a swarm out of service and lets its peers go.
  func retire(_ swarm: Swarm, reason: String, isReplaced: Bool = false) {
    if !isReplaced { swarms.remove(swarm) }
    swarm.tell(.onState) { try $0.onState("out of service: \(reason)") }
    for number in swarm.retire() {
      visit(number) { $0.close(DisconnectReason(.engine, reason)) }
    }
  }

  func wake(_ number: PeerNumber) {
    let loops = loops
    let index = numbers.loop(of: number)
    guard loops.indices.contains(index) else { return }
    loops[index].eventLoop.execute { loops[index].bound.value.connections[number]?.handleEvent { _ in } }
  }

  /// A connection is over.
  func ended(target: DialTarget?, address: PeerAddress, reason: DisconnectReason, wasAuthorized: Bool, isUseless: Bool) {
    if let target {
      let entry = DialBook.Entry(artifact: target.swarm.facts.id, address: address)
      if reason == .ourself { dialer?.isOurself(address) }
      dialer?.ended(
        entry, succeeded: wasAuthorized, isUseless: isUseless, isNeeded: target.swarm.isFetching || target.swarm.metadata != nil)
    }
  }

  /// Wakes those that wait for the last connection's end, if that was it.
  func wakeWaiters() {
    guard connectionCount == 0 else { return }
    wakeEmptyWaiters()
  }

  private func wakeEmptyWaiters() {
    emptyWaiters.withLock { waiters in
      for waiter in waiters { waiter.resume() }
      waiters.removeAll()
    }
  }

  /// Returns when the last connection is gone, or after the time given.
  func emptied(within limit: Duration) async {
    guard connectionCount > 0 else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.lastConnectionGone() }
      group.addTask { try? await Task.sleep(for: limit) }
      await group.next()
      // First the word, then the waking: a waiter that comes later sees that it need not wait.
      group.cancelAll()
      wakeEmptyWaiters()
    }
  }

  private func lastConnectionGone() async {
    await withCheckedContinuation { continuation in
      emptyWaiters.withLock { waiters in
        if connectionCount == 0 || Task.isCancelled { continuation.resume() } else { waiters.append(continuation) }
      }
    }
  }
}

extension DisconnectReason {
  /// We dialed ourselves.
  static let ourself = DisconnectReason(.engine, "this is ourselves")
}
