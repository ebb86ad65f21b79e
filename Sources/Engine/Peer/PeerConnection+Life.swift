import Glibc
import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Synchronization
import TLS

/// Clocks, changes of policy, and the end of a connection.
extension PeerConnection {
  private static let keepAliveAfter = Duration.seconds(100)
  /// Time for what may follow the last piece: a question of a plugin's, hashes.
  private static let uselessAfter = Duration.seconds(15)
  /// While connections are scarce, a peer that has asked for nothing in so long makes room.
  private static let idleWhenCrowded = Duration.seconds(30)

  /// About once a second.
  func tick(_ now: ContinuousClock.Instant, _ wall: WallTime) {
    switch phase {
    case .admitting, .handshaking, .conversing:
      if !isRefused, now - began > loop.settings.handshakeTimeout {
        core.counters.count(.handshakeTimeouts)
        close(DisconnectReason(.engine, "the handshake took longer than \(loop.settings.handshakeTimeout)"))
      }
    case .active: handleEvent { try $0.tickActive(now, wall) }
    case .draining:
      drained()
      if let deadline = drainDeadline, now >= deadline { part() }
    case .closed: break
    }
  }

  private func tickActive(_ now: ContinuousClock.Instant, _ wall: WallTime) throws {
    settleAccounts()
    guard let peer = active else { return }
    try askPostponedAgain(now)
    if let late = peer.debts.first(where: { $0.value < now })?.key {
      close(DisconnectReason(.engine, "a plugin promised \(late) and did not send it in time"))
      return
    }
    judgeLinkIfDue(wall)
    guard phase == .active else { return }
    if isOver(connectUntil, wall) || isOver(peer.context.grant.validUntil, wall) { judgeAgain(core.pipeline) }
    try peer.chain.tick(now)
    tellLateNews(peer)
    lookAtWatch(peer)
    tickDownload(peer, now, wall)
    askForMetadata(peer, now)
    try leaveIfIdle(now)
    if phase == .active, now - lastSent > Self.keepAliveAfter, inFlight == 0 { send(.keepAlive) }
  }

  private func isOver(_ until: WallTime?, _ wall: WallTime) -> Bool { until.map { $0 <= wall } ?? false }

  private func askPostponedAgain(_ now: ContinuousClock.Instant) throws {
    guard let peer = active, peer.postponed.contains(where: { $0.until <= now }) else { return }
    let waiting = peer.postponed
    peer.postponed = []
    for (index, entry) in waiting.enumerated() {
      guard entry.until <= now else {
        peer.postponed.append(entry)
        continue
      }
      let count = peer.postponed.count
      try ask(entry.block, peer.chain)
      guard peer.postponed.count > count, let until = peer.postponed.last?.until else { continue }
      // Those behind it would be told the same: they wait with it, and are not asked each time that one of them may go.
      peer.postponed += waiting.dropFirst(index + 1).map { ($0.block, max($0.until, until)) }
      return
    }
  }

  /// Has the plugins asked again at the moment named, sooner than the next tick: else a peer whose requests are all postponed would get its
  /// next block only then.
  func askAgain(at moment: ContinuousClock.Instant) {
    guard askingAgain == nil else { return }
    let wait = min(max(moment - core.clock.now(), Self.soonest), .seconds(1))
    // A handler runs on its own loop, which is what is assumed here.
    askingAgain = loop.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(wait)) { [self] in
      askingAgain = nil
      handleEvent { try $0.askPostponed() }
    }
  }

  private func askPostponed() throws {
    guard phase == .active else { return }
    try askPostponedAgain(core.clock.now())
    if let next = active?.postponed.map(\.until).min() { askAgain(at: next) }
  }

  private static let soonest = Duration.milliseconds(5)

  private func leaveIfIdle(_ now: ContinuousClock.Instant) throws {
    // Most of thousands of idle peers have said something within this time: they cost a look at the clock.
    let limit = loop.settings.idleTimeout
    if inFlight > 0, now - lastProgress > limit {
      core.counters.count(.idleTimeouts)
      return close(DisconnectReason(.engine, "the peer took nothing of what it asked for in \(limit)"))
    }
    guard let peer = active, inFlight == 0, peer.waiting == 0 else { return }
    let idle = now - max(lastRequest, began)
    if idle > (loop.shedding > 0 ? .zero : Self.uselessAfter), let reason = uselessness(peer) {
      loop.shedding -= 1
      try leave(.useless, reason)
    } else if loop.shedding > 0, !peer.context.isInterested, idle > Self.idleWhenCrowded {
      loop.shedding -= 1
      try leave(.connectionLimit, "it wants nothing, and connections are scarce (limits.connections)")
    } else if now - lastReceived > limit {
      try leave(.inactivity, "nothing came for \(limit)")
    }
  }

  /// Why neither side will ever want anything of the other; nil where that is not so.
  private func uselessness(_ peer: ActivePeer) -> String? {
    // What we fetch the peer may have later.
    guard !peer.context.isInterested, peer.context.acts.isEmpty, !peer.swarm.isFetching, peer.swarm.metadata == nil else {
      return nil
    }
    if peer.session.peerIsSeed { return "both sides have everything" }
    if peer.session.peerUploadOnly { return "the peer wants nothing more (BEP 21)" }
    // Most peers may have everything, and are looked at every second: they lack something, for they are no seeds.
    if case .everything = peer.context.grant.scope, peer.swarm.isWhole { return nil }
    let visible = peer.context.grant.visible(peer.swarm.have)
    // A peer that may have metadata only, or nothing yet, is not one that has all it may have.
    guard !visible.isEmpty, visible.without(peer.session.peerPieces).isEmpty else { return nil }
    return "the peer has everything that is granted to it"
  }

  private func leave(_ cause: DisconnectCause, _ text: String) throws {
    guard try active?.chain.canDisconnect(cause) == .pass else { return }
    if cause == .inactivity { core.counters.count(.idleTimeouts) }
    close(DisconnectReason(.engine, text), isUseless: cause == .useless)
  }

  // MARK: Policy

  /// Judges the connection by a policy: keep, narrow, widen, or close after what is being written. One that is not authorized yet will be
  /// judged by it when its handshake is complete.
  func judgeAgain(_ pipeline: Pipeline) {
    let isOther = self.pipeline.generation != pipeline.generation
    self.pipeline = pipeline
    guard phase == .active, let peer = active else { return }
    if isOther, let tripped = peer.chain.tripped {
      // Its handler does nothing any more, and the new policy has another, sound one: with the next connection.
      return close(DisconnectReason(.policy(plugin: tripped.name), "plugin \(tripped.name) was tripped, and the policy is a new one"))
    }
    facts.now = core.clock.wall()
    facts = pipeline.informed(facts, isConnected: true)
    peer.context.facts = facts
    let decision = pipeline.decide(.connect, facts)
    take(decision)
    if let refusal = decision.refusal {
      resetAtEnd()
      return refuse(refusal, operation: .connect, isUnmatched: decision.isUnmatched)
    }
    let grant = pipeline.grant(facts)
    if grant.isEmpty, peer.swarm.metadata == nil {
      resetAtEnd()
      return refuse(grant)
    }
    if isOther {
      journalShadows(of: decision)
      journalShadows(of: grant)
    }
    let (shared, visible) = peer.swarm.shared(grant)
    peer.context.grant = shared
    handleOrJoin { connection in
      connection.apply(shared, visible)
      connection.renewDownload(peer)
      guard isOther else { return }
      do {
        try connection.renewHandlers()
      } catch {
        connection.close(connection.reason(for: error))
      }
    }
  }

  func apply(_ grant: Grant, _ visible: Bitfield) {
    guard let peer = active else { return }
    // A super-seeded peer is told of what is granted anew in its turn.
    if !peer.isSuperSeeded {
      for piece in visible.pieces where active?.session.willHave(piece) == true { send(.have(UInt32(piece)), .have(piece)) }
    }
    for piece in peer.announced.pieces where !visible[piece] {
      guard let message = active?.session.willDontHave(piece) else { continue }
      send(message, .extended(DontHaveMessage.name))
    }
    active?.announced = peer.isSuperSeeded ? peer.announced.intersection(visible) : visible
    let layout = peer.layout
    var gone = active?.queue.removeAll(where: { !grant.allows($0, in: layout) }) ?? []
    gone += peer.postponed.map(\.block).filter { !grant.allows($0, in: layout) }
    active?.postponed.removeAll { !grant.allows($0.block, in: layout) }
    for block in gone { refuse(block) }
  }

  // MARK: The end

  /// Stops taking requests; what is queued still goes out, until the deadline.
  func drain(until deadline: ContinuousClock.Instant) {
    switch phase {
    case .active:
      phase = .draining
      drainDeadline = deadline
      drained()
    case .admitting, .handshaking, .conversing: close(DisconnectReason(.engine, "the node is stopping"))
    case .draining, .closed: break
    }
  }

  func drained() {
    guard phase == .draining, inFlight == 0, !isReadingDisk, active?.queue.isEmpty != false else { return }
    part()
  }

  /// The end of a connection that drained. What was journalled when it was told to part is not again.
  private func part() {
    if let parting { end(parting) } else { close(DisconnectReason(.engine, "the node is stopping")) }
  }

  /// Gives nothing more, and ends when what is being written is out, so that no block is cut short. The journal has been told.
  func part(_ reason: DisconnectReason) {
    guard phase == .active, let peer = active else { return end(reason) }
    parting = reason
    for block in peer.queue.removeAll(where: { _ in true }) + peer.postponed.map(\.block) { refuse(block) }
    peer.postponed = []
    drain(until: core.clock.now() + Self.partingTime)
  }

  private static let partingTime = Duration.seconds(10)

  /// A peer that was let in before is let in no more. What the kernel holds for it, which may be megabytes, is dropped with the link: all that may
  /// still arrive is what is on its way.
  private func resetAtEnd() {
    if let channel = context?.channel as? any SocketOptionProvider { _ = channel.setSoLinger(linger(l_onoff: 1, l_linger: 0)) }
  }

  /// A guard's refusal: to the journal, and not to the wire.
  ///
  /// - Parameter isUnmatched: whether every guard that refuses has nothing about the peer.
  func refuse(_ judgement: Judgement?, operation: Operation, isUnmatched: Bool = false) {
    let verdict = judgement?.verdict
    journal(judgement, operation, isUnmatched: isUnmatched)
    end(DisconnectReason(.policy(plugin: judgement?.plugin ?? "engine"), verdict?.reason ?? "nothing is granted"))
  }

  /// Nothing is granted.
  func refuse(_ grant: Grant) {
    refuse(grant.request.refusal ?? grant.metadata.refusal, operation: .request, isUnmatched: grant.request.isUnmatched)
  }

  private func journal(_ refusal: Judgement?, _ operation: Operation, isUnmatched: Bool) {
    // Whatever was put off is told of now, once.
    secure?.refusal = nil
    let verdict = refusal?.verdict
    journal(
      operation, "deny", plugin: refusal?.plugin ?? "engine", rule: verdict?.rule, reason: verdict?.reason ?? "nothing is granted",
      place: verdict?.place, isUnmatched: isUnmatched)
  }

  /// Closes the link and says why in the journal.
  func close(_ reason: DisconnectReason, isUseless: Bool = false) {
    guard phase != .closed, !isRefused else { return }
    journal(reason)
    end(reason, isUseless: isUseless)
  }

  /// Closes the link and says nothing: the journal has been told.
  func end(_ reason: DisconnectReason, isUseless: Bool = false) {
    guard phase != .closed, !isRefused else { return }
    if let moment = momentOfRefusal(reason) {
      // Nobody will look at what it sends until then.
      pauseReading()
      // A handler runs on its own loop, which is what is assumed here.
      refusal = loop.eventLoop.assumeIsolated().scheduleTask(deadline: moment) { [self] in endNow(reason) }
    } else {
      endNow(reason, isUseless: isUseless)
    }
  }

  private func endNow(_ reason: DisconnectReason, isUseless: Bool = false) {
    guard phase != .closed else { return }
    finish(reason, isUseless: isUseless)
    context?.close(promise: nil)
  }

  /// A peer that is refused once it has named an artifact could tell from the time what the name was: unknown, known, or known and read from
  /// the disk just now; or how far its proof was right. The end comes at a moment that does not depend on that, as far as a load does not take
  /// longer than a step.
  private func momentOfRefusal(_ reason: DisconnectReason) -> NIODeadline? {
    guard let asked = dialogue?.spoken ?? named, direction == .inbound, phase == .admitting || phase == .conversing,
      reason.origin.isRefusal || (dialogue != nil && reason.origin != .remote)
    else { return nil }
    return Self.discreetMoment(since: asked)
  }

  /// The connection is over: once, whoever ended it.
  func finish(_ reason: DisconnectReason, isUseless: Bool = false) {
    guard phase != .closed else { return }
    // Refused once its identity was known, and gone before it named an artifact.
    if let refusal = secure?.refusal { journal(refusal.judgement, .connect, isUnmatched: refusal.isUnmatched) }
    settleAccounts()
    logLeft(reason)
    phase = .closed
    if loop.connections.removeValue(forKey: number) != nil { core.connectionTally.withLock { $0.end(kind) } }
    core.endConnection(address.ip, direction, principal: wasAuthorized ? facts.principal : nil)
    admission?.cancel()
    refusal?.cancel()
    askingAgain?.cancel()
    if active == nil, let infoHash = facts.infoHash { core.loader.forget(infoHash, number) }
    if let claim = uploadClaim, isWaitingForTokens { core.limiter.forget(claim) }
    received = nil
    if let peer = active {
      peer.context.end()
      peer.chain.onDisconnect(reason)
      endWatch(peer)
      endDownload(peer)
      peer.swarm.metadata?.leave(number)
      peer.swarm.leave(number)
      core.leaveChoker(number, peer.swarm)
    }
    // A link that never stood is the dialer's own news.
    if isLinked { core.ended(target: target, address: address, reason: reason, wasAuthorized: wasAuthorized, isUseless: isUseless) }
    active = nil
    letGoOfArtifact()
  }

  private func journal(_ reason: DisconnectReason) {
    switch reason.origin {
    case .remote: return
    case .engine where wasAuthorized || direction == .outbound: return
    case .engine: journal(.connect, "close", plugin: "engine", reason: reason.text)
    case .protocolViolation: journal(nil, "close", plugin: "engine", rule: "protocol", reason: reason.text)
    case .policy(let plugin): journal(.connect, "deny", plugin: plugin, reason: reason.text)
    case .pluginFault(let plugin): journal(.connect, "close", plugin: plugin, rule: "fault", reason: reason.text)
    }
  }

  func journal(
    _ operation: Operation?, _ verdict: String, plugin: String, rule: String? = nil, reason: String, place: String? = nil,
    isUnmatched: Bool = false
  ) {
    core.journal.record(
      JournalRecord(
        at: core.clock.wall(), principal: facts.principal, address: address, infoHash: facts.infoHash, artifact: facts.artifact?.name,
        operation: operation?.rawValue ?? "protocol", verdict: verdict, plugin: plugin, rule: rule, reason: reason, place: place,
        generation: pipeline.generation, facts: operation.map { RecordedFacts(facts, $0) }, isUnmatched: isUnmatched))
  }
}

extension DisconnectReason.Origin {
  /// Whether somebody has judged the peer, rather than a clock, the link or our own end.
  fileprivate var isRefusal: Bool {
    switch self {
    case .policy, .pluginFault: true
    case .remote, .engine, .protocolViolation: false
    }
  }
}
