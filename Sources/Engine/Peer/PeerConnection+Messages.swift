import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Synchronization

/// Messages of an authorized peer: the session validates, the chain decides, the engine acts.
extension PeerConnection {
  func receive(_ message: PeerMessage) throws {
    guard let peer = active else { return }
    if message.mayTellOfPieces { return try receiveOfPieces(message, peer) }
    // In place: the session's state is not copied for each message.
    guard let event = try active?.session.receive(message) else { return }
    switch event {
    case .requested(let block): try requested(block)
    case .cancelled(let block): try cancelled(block)
    case .piece(let data): try received(data)
    default:
      try receiveRare(event)
      // At once: a buffer holds thousands of small messages.
      try spendGlitches()
    }
  }

  /// Everything that does not come once for each block.
  func receiveRare(_ event: PeerEvent) throws {
    guard let peer = active else { return }
    let chain = peer.chain
    switch event {
    case .keepAlive, .port, .requested, .cancelled: break
    case .choked(let lapsed):
      // What is not coming any more is not, whoever handles it.
      choked(lapsed, peer)
      _ = try chain.onChoke()
    case .unchoked: if try chain.onUnchoke() == .pass { unchoked(peer) }
    case .interested(let changed): try interest(true, changed: changed, peer)
    case .notInterested(let changed): try interest(false, changed: changed, peer)
    case .have(let piece): if try chain.onHave(piece) == .pass { tellPicker(peer) { _ = $0.has(piece, number) } }
    case .dontHave(let piece): if try chain.onDontHave(piece) == .pass { tellPicker(peer) { _ = $0.lost(piece, number) } }
    case .bitfield(let pieces): if try chain.onBitfield(pieces) == .pass { tellPicker(peer) { _ = $0.has(pieces, number) } }
    case .haveAll: if try chain.onHaveAll() == .pass { tellPicker(peer) { _ = $0.hasAll(number) } }
    case .haveNone:
      if try chain.onHaveNone() == .pass { tellPicker(peer) { _ = $0.has(Bitfield(count: peer.layout.pieceCount), number) } }
    case .suggested(let piece): if try chain.onSuggest(piece) == .pass { tellPicker(peer) { $0.suggests(piece, number) } }
    case .allowedFast(let piece): if try chain.onAllowedFast(piece) == .pass { tellPicker(peer) { $0.allowsFast(piece, number) } }
    case .rejected(let block):
      rejected(block, peer)
      _ = try chain.onReject(block)
    case .piece: break
    case .extendedHandshake(let handshake): try extendedHandshake(handshake, peer)
    case .extended(let id, let payload): try extended(id, payload, peer)
    case .hashRequested(let request): answer(request, peer)
    case .hashes(let request, let bytes):
      if let fetch = peer.swarm.metadata { layers(request, bytes, fetch, peer) } else { hashes(request, bytes, peer) }
    case .hashRejected(let request):
      if let fetch = peer.swarm.metadata { layers(request, nil, fetch, peer) } else { hashesRejected(request, peer) }
    case .uploadOnly: break
    case .unknown(let id, let payload):
      guard mayExchange("message \(id)", peer) else { return }
      guard try chain.onUnknownMessage(id, payload) == .handled else { throw UnknownMessage(id: id) }
    }
  }

  func interest(_ isInterested: Bool, changed: Bool, _ peer: ActivePeer) throws {
    peer.context.isInterested = isInterested
    // It may be for want of what it was not told of yet.
    if !isInterested { tellLateNews(peer) }
    let handling = isInterested ? try peer.chain.onInterested() : try peer.chain.onNotInterested()
    // What the choker knows costs it nothing.
    guard handling == .pass, changed else { return }
    let priority = try peer.chain.unchokePriority()
    let isRationed = peer.watch?.isRationed.load(ordering: .relaxed) ?? false
    core.interest(number, isInterested: isInterested, priority: priority, isRationed: isRationed, in: peer.swarm)
  }

  private func extendedHandshake(_ handshake: ExtendedHandshake, _ peer: ActivePeer) throws {
    // The session has added this handshake to the earlier ones.
    peer.context.peerMessages = peer.session.peerExtensions?.messages ?? [:]
    if let most = peer.session.peerExtensions?.requestQueue { peer.download?.pipeline.peerLimit = most }
    if let refused = try peer.chain.onExtensionHandshake(handshake) {
      throw Refusal(plugin: refused.plugin, reason: refused.answer)
    }
    lookForMetadata(peer)
  }

  private func extended(_ id: UInt8, _ payload: ByteBuffer, _ peer: ActivePeer) throws {
    guard let row = messages.row(id: id) else { throw UnknownMessage(id: id, isExtended: true) }
    guard payload.readableBytes <= row.maximumSize else {
      throw OversizedMessage(name: row.name, size: payload.readableBytes, maximum: row.maximumSize)
    }
    if let fetch = peer.swarm.metadata, row.name == MetadataMessage.name { return try metadata(payload, fetch, peer) }
    if peer.swarm.isPaused, row.name == MetadataMessage.name { return try refuseMetadata(payload, peer) }
    guard mayExchange(row.name, peer) else { return }
    // A plugin and the peer have something to say to each other.
    lastRequest = lastReceived
    _ = try peer.chain.onExtended(row.name, payload)
  }

  /// While the artifact is paused nothing of it is given, and its names are of it.
  private func refuseMetadata(_ payload: ByteBuffer, _ peer: ActivePeer) throws {
    try countRefusal()
    guard case .request(let piece)? = try? MetadataMessage.decode(payload), let id = peer.context.peerMessages[MetadataMessage.name] else {
      return
    }
    var answer = ByteBuffer()
    MetadataMessage.reject(piece: piece).encode(into: &answer)
    send(.extended(id: id, answer), .extended(MetadataMessage.name))
  }

  /// Custom messages are an operation of their own; metadata is guarded as such.
  func mayExchange(_ name: String, _ peer: ActivePeer) -> Bool {
    let decision = peer.context.grant.message
    if decision.isAllowed || name == MetadataMessage.name { return true }
    let refusal = decision.refusal
    journal(
      .message, "deny", plugin: refusal?.plugin ?? "engine", rule: refusal?.verdict.rule,
      reason: "\(name): \(refusal?.verdict.reason ?? "not granted")", place: refusal?.verdict.place, isUnmatched: decision.isUnmatched)
    return false
  }

  // MARK: Requests

  private func requested(_ block: Block) throws {
    guard phase == .active, let peer = active else { return refuse(block) }
    lastRequest = lastReceived
    // The session is asked only about a choked peer: reading it out of the object copies it.
    guard !peer.context.isChoked || (peer.session.standing(of: block).isAllowed && !peer.swarm.isPaused) else {
      return try refuse(unasked: block)
    }
    // Asked for by mistake, or to see what we have: it was not told of the piece.
    guard !peer.isSuperSeeded || peer.announced[Int(block.piece)] else { return try refuse(unasked: block) }
    guard peer.context.mayHave(block) else {
      refuse(block, ungranted: peer.context.grant)
      return try countRefusal()
    }
    guard peer.swarm.holds(Int(block.piece)) else { return try refuse(unasked: block) }
    guard peer.hasRoom else {
      core.counters.count(.rejectedRequests)
      return try refuse(unasked: block)
    }
    try ask(block, peer.chain)
  }

  /// A request that a well-behaved peer would not have sent, or not so many of them.
  private func refuse(unasked block: Block) throws {
    refuse(block)
    try countRefusal()
  }

  private func countRefusal() throws {
    if !budgets.refusals.spend(1, now: lastReceived) { try countGlitch() }
  }

  private func countGlitch() throws {
    active?.session.countGlitch()
    try spendGlitches()
  }

  /// Asks the handlers, and does what they say.
  func ask(_ block: Block, _ chain: PeerPluginChain) throws {
    guard let answered = try chain.onRequest(block) else {
      if active?.queue.push(block) == .full { refuse(block) }
      return
    }
    switch answered.answer {
    case .pass: break
    case .reject(let reason):
      if !reason.isEmpty { journal(.request, "reject", plugin: answered.plugin, reason: reason) }
      refuse(block)
      try countRefusal()
    case .postpone(let until):
      active?.postponed.append((block, until))
      askAgain(at: until)
    case .handled:
      active?.debts[block] = core.clock.now() + core.settings.debtTimeout
    }
  }

  /// A block that is not served: a reject where the peer speaks BEP 6, silence else. Plugins may keep room for it: they are told in any case.
  func refuse(_ block: Block) {
    guard let peer = active else { return }
    guard peer.context.supportsFast else { return peer.chain.sent(.reject(block)) }
    send(.reject(block), .reject(block))
  }

  private func refuse(_ block: Block, ungranted grant: Grant) {
    let refusal = grant.request.refusal
    journal(
      .request, "deny", plugin: refusal?.plugin ?? grant.request.judgements.last?.plugin ?? "engine",
      rule: refusal?.verdict.rule, reason: refusal?.verdict.reason ?? JournalRecord.outsideOfGrant,
      place: refusal?.verdict.place, isUnmatched: grant.request.isUnmatched)
    refuse(block)
  }

  private func cancelled(_ block: Block) throws {
    if !budgets.cancels.spend(1, now: lastReceived) { try countGlitch() }
    guard let peer = active, try peer.chain.onCancel(block) == .pass else { return }
    if active?.queue.cancel(block) == true {
      refuse(block)
    } else if let index = peer.postponed.firstIndex(where: { $0.block == block }) {
      active?.postponed.remove(at: index)
      refuse(block)
    } else if peer.debts.removeValue(forKey: block) != nil {
      refuse(block)
    }
  }
}

/// A message that nobody knows.
struct UnknownMessage: Error, CustomStringConvertible {
  let id: UInt8
  var isExtended = false
  var description: String { "\(isExtended ? "extended message" : "message") \(id) is none that we or a plugin know" }
}

/// An extended message that is longer than its plugin takes.
struct OversizedMessage: Error, CustomStringConvertible {
  let name: String
  let size: Int
  let maximum: Int
  var description: String { "extended message \(name) has \(size) bytes, more than the \(maximum) that its plugin takes" }
}
