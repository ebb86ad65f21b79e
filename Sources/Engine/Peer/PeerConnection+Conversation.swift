import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import TLS

/// What a guard of `connect` has to ask the peer before it can say who that is (`PeerConversation`).
///
/// To a peer that dialed us the handshake and the offer go out before we have looked whether there is such an artifact; or, where some artifacts
/// need no proof, at a moment that does not depend on how long we looked. Both are the same for every artifact that needs a proof, and for
/// none. Then the peer must prove itself, for an artifact that we do not have too, which nobody can.
extension PeerConnection {
  /// The handshakes are exchanged: begins the conversation, where a guard wants one.
  func beginDialogue(_ handshake: Handshake) throws {
    guard let installed = pipeline.conversing, !installed.isTripped, let message = installed.plugin.conversation,
      let row = messages.rows.first(where: { $0.name == message.name })
    else { return }
    let opening = opening(handshake)
    let conversation = try loop.lane.run(installed, .converse, number) { () throws(PluginFailure) in
      try Swarm.asked(installed, .converse) { try installed.plugin.converse(opening, facts) }
    }
    guard let conversation else { return }
    let dialogue = PeerDialogue(installed, conversation, row, handshake)
    self.dialogue = dialogue
    decoder = PeerMessageDecoder(limits: Self.early)
    if conversation.isForAll || direction == .outbound { sayHello(dialogue) }
  }

  /// Whatever the artifact, and whether or not there is one.
  private static let early = {
    var limits = MessageLimits.seed(pieceCount: 0)
    limits.bitfield = MessageLimits.unknownBitfield
    return limits
  }()

  private func opening(_ handshake: Handshake) -> ConversationOpening {
    let isDialer = direction == .outbound
    let infoHash = target?.infoHash ?? handshake.infoHash
    let ours = isDialer ? ReservedBits.ours(v2: target?.swarm.facts.infoHash.v2 != nil) : reservedBits(answering: handshake)
    return ConversationOpening(
      role: isDialer ? .dialer : .listener, infoHash: infoHash,
      ours: PeerHandshake(peerID: core.peerID, reserved: ours, infoHash: infoHash),
      theirs: PeerHandshake(peerID: handshake.peerID, reserved: handshake.reserved, infoHash: handshake.infoHash))
  }

  /// The peer's own word on v2 is given back: ours would tell of the artifact.
  private func reservedBits(answering handshake: Handshake) -> ReservedBits { .ours(v2: handshake.reserved.supportsV2) }

  private func sayHello(_ dialogue: PeerDialogue) {
    let handshake = dialogue.handshake
    if target == nil { send(handshakeNaming: handshake.infoHash, isV2: handshake.reserved.supportsV2) }
    if handshake.reserved.supportsExtensionProtocol {
      var hello = ExtendedHandshake()
      hello.messages = [dialogue.name: dialogue.number]
      hello.extra = [dialogue.name: dialogue.conversation.offer]
      send(.extended(id: 0, ByteBuffer(bytes: hello.encoded())))
    }
    // At once: what becomes of the peer in this very event must not decide whether it hears this.
    flushControl()
    dialogue.hasBegun = true
  }

  /// The artifact was looked up: the peer is waited for, or need not say anything.
  func converseOrAsk(_ handshake: Handshake) {
    facts.now = core.clock.wall()
    guard let dialogue, dialogue.proof == nil, dialogue.conversation.isNeeded(for: facts) else {
      if dialogue?.proof == nil { dialogue = nil }
      return askToConnect { connection in connection.authorize(handshake) }
    }
    guard !dialogue.hasBegun else { return listen(to: dialogue) }
    // A handler runs on its own loop, which is what is assumed here.
    loop.eventLoop.assumeIsolated().scheduleTask(deadline: Self.discreetMoment(since: named ?? .now())) { [self] in
      guard phase == .admitting, !isRefused else { return }
      sayHello(dialogue)
      handleEvent { $0.listen(to: dialogue) }
    }
  }

  /// A moment that does not depend on how much of a step was spent since another.
  static func discreetMoment(since moment: NIODeadline) -> NIODeadline {
    let passed = NIODeadline.now() - moment
    return moment + RefusalDelay.step * (passed.nanoseconds / RefusalDelay.step.nanoseconds) + RefusalDelay.random()
  }

  private func listen(to dialogue: PeerDialogue) {
    guard dialogue.handshake.reserved.supportsExtensionProtocol else {
      return refuse(dialogue, "the peer does not speak extended messages (BEP 10), and \(dialogue.name) is one", nil, nil)
    }
    phase = .conversing
    resumeReading()
    // What came with the handshake is there already. A handler runs on its own loop, which is what is assumed here.
    loop.eventLoop.assumeIsolated().execute { [self] in handleEvent { try $0.consume() } }
  }

  /// Takes what the peer says until it is proven or refused.
  func converse(_ buffer: inout ByteBuffer) throws {
    while phase == .conversing, !isRefused, let dialogue, let message = try decoder.next(&buffer) {
      switch try dialogue.take(message) {
      case .other: continue
      case .offer(let offer): try go(dialogue) { try dialogue.conversation.onOffer(offer) }
      case .message(let payload): try go(dialogue) { try dialogue.conversation.onMessage(payload) }
      }
    }
  }

  private func go(_ dialogue: PeerDialogue, _ ask: () throws -> ConversationStep) throws {
    dialogue.spoken = .now()
    let step = try loop.lane.run(dialogue.installed, .converse, number) { () throws(PluginFailure) in
      try Swarm.asked(dialogue.installed, .converse, ask)
    }
    switch step {
    case .wait: break
    case .say(let payload): say(payload, dialogue)
    case .refuse(let reason, let rule, let place): refuse(dialogue, reason, rule, place)
    case .proven(let proof): proven(proof, dialogue)
    }
  }

  private func say(_ payload: ByteBuffer, _ dialogue: PeerDialogue) {
    guard let id = dialogue.theirNumber else { return }
    send(.extended(id: id, payload))
  }

  private func refuse(_ dialogue: PeerDialogue, _ reason: String, _ rule: String?, _ place: String?) {
    let verdict = Verdict.deny(reason, rule: rule, place: place ?? dialogue.installed.place)
    refuse(Judgement(plugin: dialogue.installed.name, verdict: verdict), operation: .connect)
  }

  /// The guards are asked with what is known now.
  private func proven(_ proof: ConversationProof, _ dialogue: PeerDialogue) {
    dialogue.proof = proof
    facts.identities += proof.identities.filter { !facts.identities.contains($0) }
    facts.capability = proof.capability
    let handshake = dialogue.handshake
    askToConnect { connection in connection.authorize(handshake) }
  }

  /// Authorized: our own proof goes ahead of everything else.
  func sendProof() {
    if let dialogue, let answer = dialogue.proof?.answer { say(answer, dialogue) }
  }

  /// Authorized: what the peer has sent meanwhile is looked at.
  func receiveWhatWasKept() throws {
    guard let kept = dialogue?.takeKept() else { return }
    dialogue = nil
    for message in kept where phase == .active || phase == .draining { try receive(message) }
  }
}
