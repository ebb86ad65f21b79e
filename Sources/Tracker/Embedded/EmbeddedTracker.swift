import Metainfo
import PluginKit
import Synchronization

/// The tracker in a node: knows the artifacts of the inventory and the peers that announce them, and tells whom policy lets be told.
///
/// Both faces ask it. It is one lock: what happens under it is short, and no guard waits within it.
package final class EmbeddedTracker: Sendable {
  /// How it fares.
  package struct Figures: Sendable, Hashable {
    package var artifacts = 0
    package var swarms = 0
    package var peers = 0
    package var seeders = 0
    package var announces = 0
    package var scrapes = 0
    package var refused = 0
    package var turnedAway = 0
  }

  private struct State {
    var book: SwarmBook
    /// Artifacts of the inventory by each of their info-hashes.
    var artifacts: [SHA1Digest: Int64] = [:]
    var hashes: [Int64: [SHA1Digest]] = [:]
    /// What is known of some, so that not each question waits for the disk.
    var facts: [Int64: ArtifactFacts] = [:]
    var generator: any RandomNumberGenerator & Sendable
    var announces = 0
    var scrapes = 0
    var refused = 0
    /// Questions that wait for the disk or a guard.
    var waiting = 0
  }

  private let state: Mutex<State>
  private let policy: TrackerPolicy
  private let node: any TrackingNode
  private let journal: (any Journal)?
  private let elapsed: @Sendable () -> Duration
  private static let mostFacts = 1024
  private static let mostWaiting = 256

  /// - Parameter elapsed: a clock that never goes back, from any beginning; the system's where there is none.
  package init(
    settings: TrackerSettings, policy: TrackerPolicy, node: any TrackingNode, journal: (any Journal)? = nil,
    elapsed: (@Sendable () -> Duration)? = nil,
    generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    state = Mutex(State(book: SwarmBook(settings), generator: generator))
    (self.policy, self.node, self.journal) = (policy, node, journal)
    self.elapsed = elapsed ?? AnnouncerClock(ContinuousClock()).now
  }

  private var now: Int64 { elapsed().components.seconds }

  package var figures: Figures {
    state.withLock { state in
      Figures(
        artifacts: state.hashes.count, swarms: state.book.swarmCount, peers: state.book.peers, seeders: state.book.seeders,
        announces: state.announces, scrapes: state.scrapes, refused: state.refused, turnedAway: state.book.turnedAway)
    }
  }
}

/// What the node tells it.
extension EmbeddedTracker {
  /// An artifact is in service, with these info-hashes in their wire form; or is another than before.
  package func put(_ artifact: Int64, infoHashes: [SHA1Digest]) {
    state.withLock { state in
      state.facts[artifact] = nil
      guard state.hashes[artifact] != infoHashes else { return }
      Self.remove(artifact, from: &state)
      state.hashes[artifact] = infoHashes
      for infoHash in infoHashes { state.artifacts[infoHash] = artifact }
    }
  }

  /// An artifact is not in service any more.
  package func remove(_ artifact: Int64) { state.withLock { Self.remove(artifact, from: &$0) } }

  private static func remove(_ artifact: Int64, from state: inout State) {
    state.facts[artifact] = nil
    for infoHash in state.hashes.removeValue(forKey: artifact) ?? [] where state.artifacts[infoHash] == artifact {
      state.artifacts[infoHash] = nil
      state.book.drop(infoHash)
    }
  }

  /// Policy is another, and the settings perhaps too: whoever may not be told of any more is forgotten.
  package func reload(_ settings: TrackerSettings?) {
    state.withLock { state in
      if let settings { state.book.replace(settings: settings) }
      state.facts.removeAll()
      state.book.judge(policy)
    }
  }

  /// Forgets who has not been heard of; to be called now and then.
  package func expire() { state.withLock { $0.book.expire(now: now) } }
}

/// What peers ask.
extension EmbeddedTracker {
  /// Answers an announce; nil where that has to wait, which `announce` does. `family` is that of the peers that the asker can be told of, nil
  /// for both, and `limit` how many the answer has room for.
  package func announceNow(
    _ announce: TrackerAnnounce, from asker: TrackerAsker, family: IPAddress.Family? = nil, limit: Int = .max
  ) -> TrackerOutcome? {
    let address = Endpoint(ip: asker.ip, port: announce.port)
    let (artifact, known) = state.withLock { state in
      (Self.known(announce.infoHash, state), state.book.peer(address, of: announce.infoHash))
    }
    if let artifact, let standing = remembered(known, asker, announce), standing.isAllowed {
      return answer(announce, asker, artifact, standing, family, limit)
    }
    var facts = asker.facts(port: announce.port, peerID: announce.peerID, now: policy.now)
    facts.infoHash = announce.infoHash
    if let artifact, let standing = standing(facts, artifact), standing.isAllowed {
      return answer(announce, asker, artifact, standing, family, limit)
    }
    guard let stranger = policy.verdict(facts), !stranger.standing.isAllowed else { return nil }
    return refuse(facts, stranger.refusal)
  }

  /// Answers an announce, waiting for the disk and for guards that take their time.
  package func announce(
    _ announce: TrackerAnnounce, from asker: TrackerAsker, family: IPAddress.Family? = nil, limit: Int = .max
  ) async -> TrackerOutcome {
    if let outcome = announceNow(announce, from: asker, family: family, limit: limit) { return outcome }
    return await waiting(or: .refused) {
      let began = elapsed()
      var facts = asker.facts(port: announce.port, peerID: announce.peerID, now: policy.now)
      facts.infoHash = announce.infoHash
      let stranger = await policy.waitingVerdict(facts)
      guard stranger.standing.isAllowed else { return refuse(facts, stranger.refusal) }
      let judged = await judge(facts)
      if let judged, judged.verdict.standing.isAllowed {
        return answer(announce, asker, judged.artifact, judged.verdict.standing, family, limit)
      }
      await pause(since: began)
      facts.artifact = judged?.artifact
      return refuse(facts, judged?.verdict.refusal)
    }
  }

  /// The counts of the swarms that the asker may know of; the others are missing.
  package func scrape(_ infoHashes: [SHA1Digest], from asker: TrackerAsker) async -> [SHA1Digest: SwarmCounts] {
    if let counts = scrapeNow(infoHashes, from: asker) { return counts }
    return await waiting(or: [:]) {
      let began = elapsed()
      var facts = asker.facts(port: 0, peerID: TrackerAsker.nobody, now: policy.now)
      guard await policy.waitingVerdict(facts).standing.isAllowed else { return counted([:]) }
      var counts: [SHA1Digest: SwarmCounts] = [:]
      for infoHash in infoHashes {
        facts.infoHash = infoHash
        if let judged = await judge(facts), judged.verdict.standing.isAllowed {
          counts[infoHash] = self.counts(of: infoHash, judged.artifact, asker)
        }
      }
      if counts.count < infoHashes.count { await pause(since: began) }
      return counted(counts)
    }
  }

  private func counted(_ counts: [SHA1Digest: SwarmCounts]) -> [SHA1Digest: SwarmCounts] {
    state.withLock { $0.scrapes += 1 }
    return counts
  }

  /// The same; nil where that has to wait.
  package func scrapeNow(_ infoHashes: [SHA1Digest], from asker: TrackerAsker) -> [SHA1Digest: SwarmCounts]? {
    var facts = asker.facts(port: 0, peerID: TrackerAsker.nobody, now: policy.now)
    guard let stranger = policy.verdict(facts) else { return nil }
    guard stranger.standing.isAllowed else { return counted([:]) }
    var counts: [SHA1Digest: SwarmCounts] = [:]
    for infoHash in infoHashes {
      facts.infoHash = infoHash
      guard let artifact = state.withLock({ Self.known(infoHash, $0) }), standing(facts, artifact)?.isAllowed == true else { return nil }
      counts[infoHash] = self.counts(of: infoHash, artifact, asker)
    }
    return counted(counts)
  }
}

extension EmbeddedTracker {
  /// The artifact of the info-hash, where it has been looked at before.
  private static func known(_ infoHash: SHA1Digest, _ state: State) -> ArtifactFacts? {
    state.artifacts[infoHash].flatMap { state.facts[$0] }
  }

  private func standing(_ facts: PeerFacts, _ artifact: ArtifactFacts) -> PeerStanding? {
    var facts = facts
    facts.artifact = artifact
    return policy.verdict(facts)?.standing
  }

  /// What was said of the peer when it last announced itself, as long as that holds.
  private func remembered(_ peer: SwarmPeer?, _ asker: TrackerAsker, _ announce: TrackerAnnounce) -> PeerStanding? {
    guard let peer, peer.peerID == announce.peerID, peer.identities == asker.identities, asker.link.certificate == nil,
      peer.standing.holds(in: policy.generation, at: policy.now)
    else { return nil }
    return peer.standing
  }

  /// Reads what is known of the artifact that the facts name by its info-hash, and asks every guard. Nil where there is none.
  private func judge(_ facts: PeerFacts) async -> (artifact: ArtifactFacts, verdict: TrackerVerdict)? {
    guard let infoHash = facts.infoHash, let id = state.withLock({ $0.artifacts[infoHash] }), let artifact = await self.facts(of: id) else {
      return nil
    }
    var facts = facts
    facts.artifact = artifact
    return (artifact, await policy.waitingVerdict(facts))
  }

  private func facts(of id: Int64) async -> ArtifactFacts? {
    if let known = state.withLock({ $0.facts[id] }) { return known }
    guard let read = await node.facts(of: id) else { return nil }
    return state.withLock { state in
      guard state.hashes[id] != nil else { return nil }
      if state.facts.count >= Self.mostFacts { state.facts.removeAll() }
      state.facts[id] = read
      return read
    }
  }

  /// Refuses an announce. Why, the journal is told, and not the asker.
  private func refuse(_ facts: PeerFacts, _ refusal: TrackerVerdict.Refusal?) -> TrackerOutcome {
    state.withLock { $0.refused += 1 }
    let operation = refusal?.operation ?? .announce
    let verdict = refusal?.judgement.verdict
    journal?.record(
      JournalRecord(
        at: facts.now, principal: facts.principal, address: facts.address, infoHash: facts.infoHash, artifact: facts.artifact?.name,
        operation: operation.rawValue, verdict: "deny", plugin: refusal?.judgement.plugin ?? "tracker", rule: verdict?.rule,
        reason: verdict?.reason
          ?? (facts.artifact == nil ? "no artifact has the info-hash" : "it is an SSL torrent, or nothing of it is granted"),
        place: verdict?.place, generation: policy.generation, facts: refusal == nil ? nil : RecordedFacts(facts, operation)))
    return .refused
  }

  private func pause(since began: Duration) async {
    let left = state.withLock { $0.book.settings.refusalTime } - (elapsed() - began)
    if left > .zero { try? await Task.sleep(for: left) }
  }

  /// Runs what may take long, of which there is not more than so much at a time.
  private func waiting<Value: Sendable>(or otherwise: Value, _ body: () async -> Value) async -> Value {
    let mayWait = state.withLock { state in
      guard state.waiting < Self.mostWaiting else { return false }
      state.waiting += 1
      return true
    }
    guard mayWait else { return otherwise }
    defer { state.withLock { $0.waiting -= 1 } }
    return await body()
  }

  private func answer(
    _ announce: TrackerAnnounce, _ asker: TrackerAsker, _ artifact: ArtifactFacts, _ standing: PeerStanding,
    _ family: IPAddress.Family?, _ limit: Int
  ) -> TrackerOutcome {
    let seat = node.seat(of: artifact, for: asker)
    let address = Endpoint(ip: asker.ip, port: announce.port)
    let now = now
    return state.withLock { state in
      // Removed while we were at it.
      guard state.artifacts[announce.infoHash] == artifact.id else {
        state.refused += 1
        return .refused
      }
      state.announces += 1
      let peer = SwarmPeer(
        address: address, peerID: announce.peerID, link: asker.link, identities: asker.identities, standing: standing, seen: now)
      // The node's own announces to its own tracker say nothing new.
      if seat?.peerIDs.contains(announce.peerID) != true { state.book.record(peer, announce, artifact: artifact) }
      let own = listed(seat, announce, address, family)
      let picked = state.book.pick(
        for: announce, at: address, family: family, limit: max(0, limit - own.count), now: now, policy: policy,
        using: &state.generator)
      let settings = state.book.settings
      let zone = settings.zones.zone(of: address.ip)
      let peers = own.filter { picked.mayLeaveZone || settings.zones.zone(of: $0.address.ip) == zone } + picked.peers
      let spread = Double.random(in: 0.9...1.1, using: &state.generator)
      return .reply(
        TrackerReply(
          interval: settings.interval * spread, minimumInterval: settings.minimumInterval,
          counts: Self.counts(state.book.counts(of: announce.infoHash), seat), peers: peers))
    }
  }

  /// The node itself, where it has something for the asker, or the asker for it.
  private func listed(_ seat: OwnSeat?, _ announce: TrackerAnnounce, _ asker: Endpoint, _ family: IPAddress.Family?) -> [ListedPeer] {
    guard let seat, announce.event != .stopped, announce.wanted ?? 1 > 0, !(seat.isSeed && announce.isSeed),
      !seat.peerIDs.contains(announce.peerID)
    else { return [] }
    return seat.peers.filter { $0.address != asker && (family == nil || $0.address.ip.family == family) }
  }

  private func counts(of infoHash: SHA1Digest, _ artifact: ArtifactFacts, _ asker: TrackerAsker) -> SwarmCounts {
    let seat = node.seat(of: artifact, for: asker)
    return Self.counts(state.withLock { $0.book.counts(of: infoHash) }, seat)
  }

  private static func counts(_ counts: SwarmCounts, _ seat: OwnSeat?) -> SwarmCounts {
    guard let seat else { return counts }
    return SwarmCounts(
      seeders: counts.seeders + (seat.isSeed ? 1 : 0), leechers: counts.leechers + (seat.isSeed ? 0 : 1), downloads: counts.downloads)
  }
}
