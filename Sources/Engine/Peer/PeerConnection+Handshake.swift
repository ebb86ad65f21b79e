import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// From accept to authorized. Nothing is sent to a peer that dialed us before every guard has said yes to the artifact that it names.
extension PeerConnection {
  /// The link stands: guards see the address (and, for a dialed peer, the artifact).
  func linkUp() {
    guard phase == .admitting, !isLinked else { return }
    isLinked = true
    facts.artifact = target?.swarm.facts
    facts.infoHash = target?.infoHash
    handleEvent { connection in
      connection.askToConnect { $0.secure == nil ? $0.beginHandshake() : $0.beginSecuring() }
    }
  }

  func beginHandshake() {
    // Our handshake names the artifact: a peer that may have nothing of it does not get to read that.
    if let target, target.swarm.metadata == nil, case let grant = pipeline.grant(facts), grant.isEmpty { return refuse(grant) }
    phase = .handshaking
    if let target {
      send(handshakeNaming: target.infoHash, isV2: target.swarm.facts.infoHash.v2 != nil)
    }
    resumeReading()
  }

  func readHandshake(_ buffer: inout ByteBuffer) throws {
    while phase == .handshaking, let progress = try handshakeDecoder.next(&buffer) {
      switch progress {
      case .header(_, let infoHash): try named(infoHash)
      case .complete(let handshake): complete(handshake)
      }
    }
  }

  /// The artifact is named. Nothing is said or closed before the handshake is complete and the guards have answered, whether the artifact is
  /// known or not: until then both look the same.
  private func named(_ infoHash: SHA1Digest) throws {
    if let target {
      // Who is told the v1 hash of a hybrid may answer with its v2 hash, to go on as peers of that (BEP 52): libtorrent does.
      guard target.swarm.facts.infoHash.wire.contains(infoHash) else { throw OtherInfoHash() }
      return
    }
    facts.infoHash = infoHash
  }

  private func refuseUnknown() {
    if let loadFailure {
      return close(DisconnectReason(.policy(plugin: "engine"), "the artifact cannot be served now: \(loadFailure)"))
    }
    facts.now = core.clock.wall()
    for installed in pipeline.plugins { installed.tell(.onUnknownTorrent) { installed.plugin.onUnknownTorrent(facts) } }
    close(DisconnectReason(.policy(plugin: "engine"), "no artifact in service has this info-hash"))
  }

  /// Finds the artifact that the handshake names, as it is now. What is not in memory is brought there off the loop, with reading paused,
  /// under the handshake's deadline; what is unknown makes the same trip.
  private func lookUp(_ next: @escaping @Sendable (PeerConnection) -> Void) {
    phase = .admitting
    pauseReading()
    guard let infoHash = facts.infoHash else { return }
    let (core, number) = (core, number)
    let swarm = core.loader.find(infoHash, for: number) { lookup in core.deliver(lookup, to: number, next) }
    guard let swarm else { return }
    take(.held(swarm))
    next(self)
  }

  /// What was asked for is there, or is not.
  func take(_ lookup: SwarmLookup) {
    letGoOfArtifact()
    loadFailure = nil
    switch lookup {
    case .held(let swarm) where !isReachable(swarm.facts):
      core.release(swarm)
      loadFailure = swarm.facts.isSSL ? "it is an SSL torrent, and this link is not of it" : "links of SSL torrents are for those only"
    case .held(let swarm) where swarm.isPaused:
      core.release(swarm)
      loadFailure = "it is paused"
    case .held(let swarm): judged = swarm
    case .failed(let reason): loadFailure = reason
    case .unknown: break
    }
    facts.artifact = judged?.facts
  }

  /// The artifact may leave memory, as far as this connection is concerned.
  func letGoOfArtifact() {
    if let swarm = judged.take() { core.release(swarm) }
  }

  /// Whether the artifact has come, gone or changed since it was looked up.
  private var isOutdated: Bool {
    guard let judged else { return loadFailure == nil && facts.infoHash.flatMap { core.swarms.id(of: $0) } != nil }
    return !judged.isInService
  }

  private func complete(_ handshake: Handshake) {
    facts.peerID = handshake.peerID
    guard handshake.peerID != core.peerID else {
      // The dialing end never sees our handshake: the address that it dialed is the one at which it reached us.
      if direction == .inbound, let dialed = PeerAddress(context?.channel.localAddress) { core.dialer?.isOurself(dialed) }
      close(.ourself)
      return
    }
    named = .now()
    do {
      try beginDialogue(handshake)
    } catch {
      return close(reason(for: error))
    }
    lookUp { connection in connection.converseOrAsk(handshake) }
  }

  /// Asks the guards of `connect`; what waits does so off the loop with reading paused, under the handshake's deadline.
  func askToConnect(_ next: @escaping @Sendable (PeerConnection) -> Void) {
    phase = .admitting
    pauseReading()
    facts.now = core.clock.wall()
    facts = pipeline.informed(facts, isConnected: false)
    guard pipeline.admitsAsynchronously else {
      decided(pipeline.decide(.connect, facts), next)
      return
    }
    let (core, number, pipeline, facts) = (core, number, pipeline, facts)
    admission = Task {
      let decision = await pipeline.admit(facts)
      core.visit(number) { connection in
        // While the guards thought the policy may have changed, one of them may have been tripped, an approval may have been taken back: those
        // of today are asked.
        let isOvertaken =
          decision.isAllowed && (connection.pipeline.isDeniedByTrip(.connect) || connection.pipeline.isWithdrawn(decision, facts))
        let isCurrent = connection.pipeline.generation == pipeline.generation && !isOvertaken
        connection.handleEvent { isCurrent ? $0.decided(decision, next) : $0.askToConnect(next) }
      }
    }
  }

  private func decided(_ decision: Decision, _ next: (PeerConnection) -> Void) {
    guard phase == .admitting, !isRefused else { return }
    admission = nil
    take(decision)
    if let refusal = standingRefusal(decision) {
      let isUnmatched = decision.isUnmatched && secure?.refusal?.isUnmatched ?? true
      if !postpones(refusal, isUnmatched: isUnmatched) { refuse(refusal, operation: .connect, isUnmatched: isUnmatched) }
    } else {
      secure?.refusal = nil
      if named != nil { journalShadows(of: decision) }
      next(self)
    }
  }

  /// How long the guards' word on the connection holds, and what it rests on.
  func take(_ decision: Decision) {
    (connectUntil, isApproved) = (decision.validUntil, decision.approval != nil)
  }

  /// What refuses the peer. What was said of its identity stands; unless there was only no rule about it, and there is an approval for the
  /// artifact that it has named meanwhile.
  private func standingRefusal(_ decision: Decision) -> Judgement? {
    guard named != nil, let earlier = secure?.refusal else { return decision.refusal }
    let isLifted = earlier.isUnmatched && decision.judgements.contains { $0.isApproved && $0.plugin == earlier.judgement.plugin }
    return isLifted ? decision.refusal : earlier.judgement
  }

  /// Every guard of `connect` allows: compile the grant, make the handlers, answer the handshake.
  func authorize(_ handshake: Handshake) {
    // It was replaced or removed while the guards thought: they are asked about what there is now.
    guard !isOutdated else {
      return lookUp { connection in connection.askToConnect { connection in connection.authorize(handshake) } }
    }
    guard let swarm = judged else { return refuseUnknown() }
    let grant = pipeline.grant(facts)
    guard !grant.isEmpty || swarm.metadata != nil else { return refuse(grant) }
    journalShadows(of: grant)
    do {
      try activate(handshake, swarm, grant)
    } catch is AlreadyConnected {
      end(.alreadyConnected, isUseless: true)
    } catch let failure as PluginFailure {
      close(DisconnectReason(.pluginFault(plugin: failure.plugin), failure.description))
    } catch let refusal as Refusal {
      close(DisconnectReason(.policy(plugin: refusal.plugin), refusal.reason))
    } catch let refusal as ConnectionCensus.Refusal {
      journalLimit(refusal.reason)
      end(DisconnectReason(.engine, refusal.reason))
    } catch {
      close(DisconnectReason(.engine, "\(error)"))
    }
  }

  private func journalLimit(_ reason: String) {
    core.journal.record(
      JournalRecord(
        at: core.clock.wall(), principal: facts.principal, address: address, infoHash: facts.infoHash, artifact: facts.artifact?.name,
        operation: "limit", verdict: "deny", plugin: "engine", reason: reason, generation: pipeline.generation))
  }

  private func activate(_ handshake: Handshake, _ swarm: Swarm, _ grant: Grant) throws {
    if let reason = swarm.fetch?.refusal(of: facts.principal) ?? swarm.metadata?.refusal(of: facts.principal) {
      throw Refusal(plugin: "engine", reason: reason)
    }
    try meet(handshake.peerID, swarm)
    guard swarm.join(number) else {
      throw Refusal(
        plugin: "engine", reason: swarm.isPaused ? "the artifact cannot be served now: it is paused" : "the artifact went out of service")
    }
    core.listenForChanges(of: swarm)
    let members: [Swarm.Member]
    do {
      members = try swarm.members(of: pipeline)
      for member in members { try onAuthorized(member) }
      try core.authorizeConnection(facts.principal, address.ip, direction)
    } catch {
      swarm.leave(number)
      throw error
    }
    wasAuthorized = true
    let peer = makeActivePeer(handshake, swarm, grant)
    active = peer
    beginWatch(peer)
    phase = .active
    peer.context.isInEvent = true
    try makeHandlers(members, peer)
    messages = messageTable(for: swarm)
    decoder = PeerMessageDecoder(limits: messageLimits(for: swarm))
    let isV2 = swarm.facts.infoHash.v2 != nil
    if target == nil { send(handshakeNaming: handshake.infoHash, isV2: isV2) }
    sendProof()
    if direction == .outbound { try peer.chain.onConnected() }
    if let refused = try peer.chain.onHandshake(peer.handshake) { throw Refusal(plugin: refused.plugin, reason: refused.answer) }
    try sendFirstMessages(peer)
    beginDownload(peer)
    beginMetadata(peer)
    journalAdmission(peer.context.grant)
    logJoined()
    resumeReading()
    // What came with the handshake is read in a turn of its own. A handler runs on its own loop, which is what is assumed here.
    loop.eventLoop.assumeIsolated().execute { [self] in
      handleEvent { connection in
        try connection.receiveWhatWasKept()
        try connection.consume()
      }
    }
  }

  /// Of two links with one peer of an artifact that we fetch, one goes.
  private func meet(_ peerID: PeerID, _ swarm: Swarm) throws {
    guard swarm.isFetching else { return }
    let dialer = direction == .outbound ? core.peerID : peerID
    let other = direction == .outbound ? peerID : core.peerID
    let isPreferred = dialer.bytes.lexicographicallyPrecedes(other.bytes)
    switch swarm.meet(number, SwarmMeetings.Peer(address: address.ip, id: peerID), isPreferred: isPreferred) {
    case .stays: break
    case .replaces(let former): core.visit(former) { $0.end(.alreadyConnected, isUseless: true) }
    case .goes: throw AlreadyConnected()
    }
  }

  private func journalAdmission(_ grant: Grant) {
    // Who was approved is let in for that reason. Somebody may be let in for metadata alone.
    let approval = grant.request.approval ?? (isApproved ? pipeline.decide(.connect, facts).approval : nil)
    let judgement =
      approval ?? (grant.request.isAllowed ? grant.request : grant.metadata).judgements.last
      ?? pipeline.guards(of: .connect).last.map { Judgement(plugin: $0.name, verdict: .allow("it may connect")) }
    journal(
      .connect, "allow", plugin: judgement?.plugin ?? "engine", rule: judgement?.verdict.rule,
      reason: judgement?.verdict.reason ?? "nothing in the pipeline guards this", place: judgement?.verdict.place)
  }

  func onAuthorized(_ member: Swarm.Member) throws(PluginFailure) {
    guard !member.installed.isTripped else { return }
    do throws(PluginFailure) {
      try Swarm.asked(member.installed, .onAuthorized) { try member.plugin.onAuthorized(facts) }
    } catch {
      guard member.installed.isShadow else { throw error }
      shadowed(PeerPluginChain.Shadowed(plugin: member.installed, operation: .connect, verdict: "deny", reason: error.description))
    }
  }

  func makeHandlers(_ members: [Swarm.Member], _ peer: ActivePeer) throws(PluginFailure) {
    peer.chain.onShadow = { [weak self] shadowed in self?.shadowed(shadowed) }
    for member in members where !member.installed.isTripped {
      do throws(PluginFailure) {
        let made = try loop.lane.run(member.installed, .newConnection, number) { () throws(PluginFailure) in
          try Swarm.asked(member.installed, .newConnection) { try member.plugin.newConnection(peer.context) }
        }
        if let made { peer.chain.append(made, of: member.installed) }
      } catch {
        guard member.installed.isShadow else { throw error }
      }
    }
  }

  private func makeActivePeer(_ handshake: Handshake, _ swarm: Swarm, _ grant: Grant) -> ActivePeer {
    let isV2 = swarm.facts.infoHash.v2 != nil
    let ours = ReservedBits.ours(v2: isV2)
    let fast = ours.supportsFast && handshake.reserved.supportsFast
    let extensions = ours.supportsExtensionProtocol && handshake.reserved.supportsExtensionProtocol
    let session = PeerSession(
      layout: swarm.metadata == nil ? swarm.layout : nil, fast: fast, extensions: extensions, v2: isV2, limits: SessionLimits(),
      noPieces: swarm.noPieces)
    let (grant, visible) = swarm.shared(grant)
    let (core, number) = (core, number)
    let handle = PeerHandle(
      loop: loop.eventLoop,
      visit: { body in
        core.visit(number) { connection in
          connection.handleEvent { connection in connection.active.map { body($0.context) } }
        }
      },
      flush: { core.wake(number) })
    let context = PeerContext(
      artifact: swarm.facts, infoBytes: swarm.torrent.infoBytes, facts: facts, grant: grant, now: core.clock.now(), handle: handle,
      peerPieces: swarm.noPieces, lane: loop.lane)
    context.supportsFast = fast
    context.supportsExtensions = extensions
    return ActivePeer(
      swarm: swarm, context: context, chain: PeerPluginChain(lane: loop.lane, connection: number),
      handshake: PeerHandshake(peerID: handshake.peerID, reserved: handshake.reserved, infoHash: handshake.infoHash), session: session,
      queue: UploadQueue(capacity: core.settings.requestQueue),
      announced: visible)
  }

  /// Where we ask for metadata, the message by which it comes is one of ours, whether or not a plugin gives any out.
  func messageTable(for swarm: Swarm) -> MessageTable {
    swarm.metadata == nil
      ? pipeline.messages : pipeline.messages.adding(MetadataMessage.name, maximumSize: MetadataMessage.maximumByteCount)
  }

  private func messageLimits(for swarm: Swarm) -> MessageLimits {
    let pieceCount = swarm.metadata == nil ? swarm.layout.pieceCount : nil
    let extended = max(65_536, messages.largest)
    return swarm.isFetching || swarm.metadata != nil
      ? MessageLimits(pieceCount: pieceCount, extended: extended) : .seed(pieceCount: swarm.layout.pieceCount, extended: extended)
  }

  func send(handshakeNaming infoHash: SHA1Digest, isV2: Bool) {
    guard !handshakeSent else { return }
    handshakeSent = true
    Handshake(reserved: .ours(v2: isV2), infoHash: infoHash, peerID: core.peerID).encode(into: &control)
  }

  /// Extended handshake, then what we have: a bitfield or its short forms (BEP 6).
  private func sendFirstMessages(_ peer: ActivePeer) throws {
    if peer.context.supportsExtensions { try sendExtendedHandshake(peer) }
    guard let message = active?.session.willAnnounce(peer.announced) else { return }
    switch message {
    case .haveAll: send(message, .haveAll)
    case .haveNone: send(message, .haveNone)
    default: send(message, .bitfield)
    }
  }

  private func sendExtendedHandshake(_ peer: ActivePeer) throws {
    var additions = HandshakeAdditions()
    try peer.chain.addHandshake(&additions)
    var handshake = ExtendedHandshake()
    handshake.messages = messages.ids
    handshake.requestQueue = core.settings.requestQueue
    handshake.clientVersion = core.clientVersion
    handshake.yourIP = address.ip.bytes
    handshake.listenPort = reachedPort
    if peer.announced.isFull, peer.swarm.metadata == nil { handshake.uploadOnly = true }
    handshake.extra = additions.keys
    handshake.metadataSize = additions.keys["metadata_size"]?.integer.flatMap { Int(exactly: $0) }
    active?.session.willSend(handshake)
    send(.extended(id: 0, ByteBuffer(bytes: handshake.encoded())), .extended("handshake"))
  }
}

/// There is another link with the peer, and that one stays.
private struct AlreadyConnected: Error {}

extension DisconnectReason {
  fileprivate static let alreadyConnected = DisconnectReason(.engine, "there is another link with this peer")
}

/// A peer that we dialed answered for another torrent.
struct OtherInfoHash: Error, CustomStringConvertible {
  var description: String { "the peer answered with another info-hash than we dialed for" }
}
