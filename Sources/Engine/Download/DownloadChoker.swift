/// Who is unchoked while we still fetch: those that give us most, and one more in turn, so that better ones are found (BEP 3).
///
/// A value fed with events and a clock, and asked about once a second, with the same actions as `Choker`, whose place it takes for the peers of
/// artifacts that are not complete. One serves all of them: slots are the node's. Connections call `interest`, `received` for blocks that were
/// of use, `snub` as their `RequestPipeline` says, `hold`, `pause` and `remove`; when an artifact is complete, `release` gives what the seed's
/// `Choker` must know of its peers, and they stay as they are until that decides otherwise.
package struct DownloadChoker: Sendable {
  package typealias PeerNumber = Choker.PeerNumber
  package typealias Action = Choker.Action
  package typealias Instant = ContinuousClock.Instant

  /// What a `Choker` is told of a peer that it takes over.
  package struct Handover: Sendable, Hashable {
    package let number: PeerNumber
    package let isInterested: Bool
    package let isHeld: Bool
    package let isPaused: Bool
    package let priority: Int?
  }

  private struct Peer: Sendable {
    var joined: Instant
    var isInterested = false
    var isHeld = false
    var isPaused = false
    var isSnubbed = false
    var isUnchoked = false
    var priority: Int?
    /// Bytes in the period under way and in the one before.
    var bytes = 0
    var formerBytes = 0
    /// Since when it has waited for the turn that is left to luck.
    var waiting: Instant

    var isWanting: Bool { isInterested && !isHeld && !isPaused }
    /// Both periods count, so that one lull does not undo what a peer did.
    var given: Int { bytes + formerBytes }
  }

  /// How often it is decided anew who gives most.
  package static let period = Duration.seconds(10)
  /// How long the peer that is left to luck keeps its slot.
  package static let optimisticPeriod = Duration.seconds(30)
  /// A peer that has come in this time is three times as likely to be it: it has nothing yet, and may soon give.
  package static let newcomerTime = Duration.seconds(60)

  /// Slots, the one left to luck among them; nil: all that are interested are unchoked.
  package private(set) var slots: Int?
  private var peers: [PeerNumber: Peer] = [:]
  private var optimistic: PeerNumber?
  private var rotated: Instant?
  private var decided: Instant?
  private var random: PickerRandom

  package init(slots: Int?, seed: UInt64) {
    self.slots = slots.map { max(1, $0) }
    random = PickerRandom(seed: seed)
  }

  package func isUnchoked(_ number: PeerNumber) -> Bool { peers[number]?.isUnchoked ?? false }
  /// The peer that is unchoked by luck.
  package var optimisticPeer: PeerNumber? { optimistic }

  // MARK: Events

  /// A peer's interest changed. Repeated values are harmless. A lower priority of a plugin's goes first.
  package mutating func interest(_ number: PeerNumber, isInterested: Bool, priority: Int? = nil, now: Instant) -> [Action] {
    change(number, now) { ($0.isInterested, $0.priority) = (isInterested, priority) }
  }

  /// The peer's artifact is paused, or resumed.
  package mutating func pause(_ number: PeerNumber, isPaused: Bool, now: Instant) -> [Action] {
    guard isPaused || peers[number] != nil else { return [] }
    return change(number, now) { $0.isPaused = isPaused }
  }

  /// A plugin holds the peer choked, or lets go of it.
  package mutating func hold(_ number: PeerNumber, isHeld: Bool, now: Instant) -> [Action] {
    guard isHeld || peers[number] != nil else { return [] }
    return change(number, now) { $0.isHeld = isHeld }
  }

  /// The peer gives nothing although it was asked, or does again. It keeps its slot until the next decision.
  package mutating func snub(_ number: PeerNumber, isSnubbed: Bool) { peers[number]?.isSnubbed = isSnubbed }

  /// The peer has given us bytes that were of use.
  package mutating func received(_ bytes: Int, from number: PeerNumber) { peers[number]?.bytes += bytes }

  /// A peer is gone.
  package mutating func remove(_ number: PeerNumber, now: Instant) -> [Action] {
    guard let peer = peers.removeValue(forKey: number) else { return [] }
    if optimistic == number { (optimistic, rotated) = (nil, nil) }
    return peer.isUnchoked ? fill(now) : []
  }

  /// These peers' artifact is complete: the seed's choker has them from now on.
  package mutating func release(_ numbers: some Sequence<PeerNumber>, now: Instant) -> (peers: [Handover], actions: [Action]) {
    var released: [Handover] = []
    for number in numbers {
      guard let peer = peers.removeValue(forKey: number) else { continue }
      if optimistic == number { (optimistic, rotated) = (nil, nil) }
      released.append(
        Handover(
          number: number, isInterested: peer.isInterested, isHeld: peer.isHeld, isPaused: peer.isPaused, priority: peer.priority))
    }
    return (released, fill(now))
  }

  /// Another number of slots from now on.
  package mutating func set(slots: Int?, now: Instant) -> [Action] {
    self.slots = slots.map { max(1, $0) }
    return decide(now)
  }

  /// Asked about once a second.
  package mutating func tick(_ now: Instant) -> [Action] {
    guard now - (decided ?? now - Self.period) >= Self.period else { return [] }
    decided = now
    let actions = decide(now)
    for number in peers.keys {
      guard let bytes = peers[number]?.bytes else { continue }
      peers[number]?.formerBytes = bytes
      peers[number]?.bytes = 0
    }
    return actions
  }

  // MARK: Decisions

  private mutating func change(_ number: PeerNumber, _ now: Instant, _ body: (inout Peer) -> Void) -> [Action] {
    var peer = peers[number] ?? Peer(joined: now, waiting: now)
    let wasWanting = peer.isWanting
    body(&peer)
    if peer.isWanting, !wasWanting { peer.waiting = now }
    peers[number] = peer
    guard peer.isWanting != peer.isUnchoked else { return [] }
    if peer.isWanting { return fill(now) }
    if optimistic == number { (optimistic, rotated) = (nil, nil) }
    return set([number], isUnchoked: false) + fill(now)
  }

  /// Free slots go to whoever wants one, without anybody's losing theirs.
  private mutating func fill(_ now: Instant) -> [Action] {
    let free = (slots ?? .max) - peers.values.count { $0.isUnchoked }
    guard free > 0 else { return [] }
    return set(ranked { $0.isWanting && !$0.isUnchoked }.prefix(free), isUnchoked: true)
  }

  private mutating func decide(_ now: Instant) -> [Action] {
    guard let slots else { return fill(now) }
    let chance = drawOptimistic(slots, now)
    var chosen = Set(ranked { $0.isWanting }.filter { $0 != chance }.prefix(chance == nil ? slots : slots - 1))
    if let chance { chosen.insert(chance) }
    let losing = peers.keys.filter { peers[$0]?.isUnchoked == true && !chosen.contains($0) }.sorted()
    return set(losing, isUnchoked: false) + set(chosen.filter { peers[$0]?.isUnchoked == false }.sorted(), isUnchoked: true)
  }

  /// Those that give most, then those that wait longest; who does not give although it was asked comes last.
  private func ranked(_ isIncluded: (Peer) -> Bool) -> [PeerNumber] {
    func rank(_ peer: Peer) -> (Int, Int, Int) { (peer.priority ?? .max, peer.isSnubbed ? 1 : 0, -peer.given) }
    return peers.filter { isIncluded($0.value) }.sorted { one, other in
      let (first, second) = (rank(one.value), rank(other.value))
      return first == second ? (one.value.waiting, one.key) < (other.value.waiting, other.key) : first < second
    }.map(\.key)
  }

  /// The peer that is left to luck: another one every thirty seconds, of those that would not be unchoked for what they give.
  private mutating func drawOptimistic(_ slots: Int, _ now: Instant) -> PeerNumber? {
    if let current = optimistic, peers[current]?.isWanting == true, let rotated, now - rotated < Self.optimisticPeriod { return current }
    let waiting = ranked { $0.isWanting }.dropFirst(slots - 1).filter { $0 != optimistic }
    let tickets = waiting.flatMap { number in
      [PeerNumber](repeating: number, count: peers[number].map { now - $0.joined < Self.newcomerTime } == true ? 3 : 1)
    }
    guard let drawn = tickets.randomElement(using: &random) else {
      if optimistic.map({ peers[$0]?.isWanting != true }) ?? true { optimistic = nil }
      return optimistic
    }
    (optimistic, rotated) = (drawn, now)
    return drawn
  }

  private mutating func set(_ numbers: some Sequence<PeerNumber>, isUnchoked: Bool) -> [Action] {
    numbers.map { number in
      peers[number]?.isUnchoked = isUnchoked
      return isUnchoked ? .unchoke(number) : .choke(number)
    }
  }
}
