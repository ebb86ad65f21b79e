import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// Clocks, changes of policy, and the end of a connection.
extension PeerConnection {
  private static let keepAliveAfter = Duration.seconds(100)
  private static let uselessAfter = Duration.seconds(60)

  /// About once a second.
  func tick(_ now: ContinuousClock.Instant, _ wall: WallTime) {
    switch phase {
    case .admitting, .handshaking:
      if !isRefused, now - began > core.settings.handshakeTimeout {
        core.counters.count(.handshakeTimeouts)
        close(DisconnectReason(.engine, "the handshake took longer than \(core.settings.handshakeTimeout)"))
      }
    case .active: handleEvent { try $0.tickActive(now, wall) }
    case .draining:
      drained()
      if let deadline = drainDeadline, now >= deadline { close(DisconnectReason(.engine, "the node is stopping")) }
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
    if let until = [connectUntil, peer.context.grant.validUntil].compactMap({ $0 }).min(), until <= wall { judgeAgain(core.pipeline) }
    try peer.chain.tick(now)
    try leaveIfIdle(now)
    if phase == .active, now - lastSent > Self.keepAliveAfter, inFlight == 0 { send(.keepAlive) }
  }

  private func askPostponedAgain(_ now: ContinuousClock.Instant) throws {
    guard let due = active?.postponed.filter({ $0.until <= now }), !due.isEmpty else { return }
    active?.postponed.removeAll { $0.until <= now }
    for entry in due {
      guard let chain = active?.chain else { return }
      try ask(entry.block, chain)
    }
  }

  /// Has the plugins asked again at the moment named, sooner than the next tick: else a peer whose requests are all postponed would get its
  /// next block only then.
  func askAgain(at moment: ContinuousClock.Instant) {
    guard !isAskingAgain else { return }
    isAskingAgain = true
    let wait = min(max(moment - core.clock.now(), Self.soonest), .seconds(1))
    let (core, number) = (core, number)
    loop.eventLoop.scheduleTask(in: TimeAmount(wait)) {
      core.visit(number) { connection in
        connection.isAskingAgain = false
        connection.handleEvent { try $0.askPostponed() }
      }
    }
  }

  private func askPostponed() throws {
    guard phase == .active else { return }
    try askPostponedAgain(core.clock.now())
    if let next = active?.postponed.map(\.until).min() { askAgain(at: next) }
  }

  private static let soonest = Duration.milliseconds(5)

  private func leaveIfIdle(_ now: ContinuousClock.Instant) throws {
    if inFlight > 0, now - lastProgress > core.settings.idleTimeout {
      core.counters.count(.idleTimeouts)
      return close(DisconnectReason(.engine, "the peer took nothing of what it asked for in \(core.settings.idleTimeout)"))
    }
    guard let peer = active, inFlight == 0, peer.waiting == 0 else { return }
    let isUseless = peer.announced.isFull && peer.context.peerPieces.isFull
    if isUseless, now - max(lastRequest, began) > Self.uselessAfter {
      try leave(.useless, "both sides have everything")
    } else if now - lastReceived > core.settings.idleTimeout {
      try leave(.inactivity, "nothing came for \(core.settings.idleTimeout)")
    }
  }

  private func leave(_ cause: DisconnectCause, _ text: String) throws {
    guard try active?.chain.canDisconnect(cause) == .pass else { return }
    if cause == .inactivity { core.counters.count(.idleTimeouts) }
    close(DisconnectReason(.engine, text))
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
    peer.context.facts = facts
    let decision = pipeline.decide(.connect, facts)
    connectUntil = decision.validUntil
    if let refusal = decision.refusal { return refuse(refusal, operation: .connect) }
    let grant = pipeline.grant(facts)
    if grant.isEmpty { return refuse(grant.request.refusal ?? grant.metadata.refusal, operation: .request) }
    peer.context.grant = grant
    handleOrJoin { $0.apply(grant) }
  }

  private func apply(_ grant: Grant) {
    guard let peer = active else { return }
    let visible = grant.visible(peer.swarm.artifact.have)
    for piece in visible.pieces where active?.session.willHave(piece) == true { send(.have(UInt32(piece)), .have(piece)) }
    for piece in peer.announced.pieces where !visible[piece] {
      guard let message = active?.session.willDontHave(piece) else { continue }
      send(message, .extended(DontHaveMessage.name))
    }
    active?.announced = visible
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
    case .admitting, .handshaking: close(DisconnectReason(.engine, "the node is stopping"))
    case .draining, .closed: break
    }
  }

  func drained() {
    guard phase == .draining, inFlight == 0, !isReadingDisk, active?.queue.isEmpty != false else { return }
    close(DisconnectReason(.engine, "the node is stopping"))
  }

  /// A guard's refusal: to the journal, and not to the wire.
  func refuse(_ judgement: Judgement?, operation: Operation) {
    let verdict = judgement?.verdict
    journal(
      operation, "deny", plugin: judgement?.plugin ?? "engine", rule: verdict?.rule, reason: verdict?.reason ?? "nothing is granted",
      place: verdict?.place)
    end(DisconnectReason(.policy(plugin: judgement?.plugin ?? "engine"), verdict?.reason ?? "nothing is granted"))
  }

  /// Closes the link and says why in the journal.
  func close(_ reason: DisconnectReason) {
    guard phase != .closed else { return }
    journal(reason)
    end(reason)
  }

  /// Closes the link and says nothing: the journal has been told.
  func end(_ reason: DisconnectReason) {
    guard phase != .closed, !isRefused else { return }
    if let moment = momentOfRefusal(reason) {
      // A handler runs on its own loop, which is what is assumed here.
      refusal = loop.eventLoop.assumeIsolated().scheduleTask(deadline: moment) { [self] in endNow(reason) }
    } else {
      endNow(reason)
    }
  }

  private func endNow(_ reason: DisconnectReason) {
    guard phase != .closed else { return }
    finish(reason)
    context?.close(promise: nil)
  }

  /// A peer that is refused once it has named an artifact could tell from the time what the name was: unknown, known, or known and read from
  /// the disk just now. The end comes at a moment that does not depend on that, as far as a load does not take longer than a step.
  private func momentOfRefusal(_ reason: DisconnectReason) -> NIODeadline? {
    guard let named, direction == .inbound, phase == .admitting, reason.origin.isRefusal else { return nil }
    let passed = NIODeadline.now() - named
    return named + Self.refusalStep * (passed.nanoseconds / Self.refusalStep.nanoseconds + 1)
  }

  private static let refusalStep = TimeAmount.milliseconds(100)

  /// The connection is over: once, whoever ended it.
  func finish(_ reason: DisconnectReason) {
    guard phase != .closed else { return }
    settleAccounts()
    phase = .closed
    loop.connections[number] = nil
    core.endConnection(address.ip, direction, principal: wasAuthorized ? facts.principal : nil)
    admission?.cancel()
    refusal?.cancel()
    if let claim = uploadClaim, isWaitingForTokens { core.limiter.forget(claim) }
    received = nil
    if let peer = active {
      let number = number
      peer.context.end()
      peer.chain.onDisconnect(reason)
      peer.swarm.leave(number)
      core.choke { $0.remove(number, now: $1) }
    }
    // A link that never stood is the dialer's own news.
    if isLinked { core.ended(target: target, address: address, reason: reason, wasAuthorized: wasAuthorized) }
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
    _ operation: Operation?, _ verdict: String, plugin: String, rule: String? = nil, reason: String, place: String? = nil
  ) {
    core.journal.record(
      JournalRecord(
        at: core.clock.wall(), principal: facts.principal, address: address, infoHash: facts.infoHash, artifact: facts.artifact?.name,
        operation: operation?.rawValue ?? "protocol", verdict: verdict, plugin: plugin, rule: rule, reason: reason, place: place,
        generation: pipeline.generation))
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
