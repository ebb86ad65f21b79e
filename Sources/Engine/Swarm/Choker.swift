/// Who is unchoked, for a node that only seeds: everybody who is interested, or a fixed number of slots that go round fairly.
///
/// A value fed with events and a clock. With slots, every `period` the peer that has held its slot longest (and at least one period)
/// yields to the one that has waited longest; a lower priority from a plugin goes first, and a peer that shares what it gets counts as having
/// waited longer. The slots may be for some peers only, those that are rationed.
package struct Choker: Sendable {
  /// A connection.
  package typealias PeerNumber = UInt64

  /// What is to be done.
  package enum Action: Sendable, Hashable {
    case choke(PeerNumber)
    case unchoke(PeerNumber)

    /// The peer that it is about.
    package var number: PeerNumber {
      switch self {
      case .choke(let number), .unchoke(let number): number
      }
    }
  }

  fileprivate struct Peer {
    var isInterested = false
    var isHeld = false
    var isPaused = false
    var isRationed = false
    /// Periods of head start, 0 to 4.
    var merit: UInt8 = 0
    var priority = Int.max
    /// Since when it has been unchoked, or has waited.
    var since: ContinuousClock.Instant
    var isUnchoked = false
  }

  /// Slots; nil: no limit.
  package private(set) var slots: Int?
  /// Whether every peer takes a slot; else those that are rationed.
  private var rationsAll: Bool
  private let period: Duration
  private var peers: [PeerNumber: Peer] = [:]
  private var taken = 0
  private var rotated: ContinuousClock.Instant?

  package init(slots: Int?, rationsAll: Bool = true, period: Duration = .seconds(10)) {
    (self.slots, self.rationsAll, self.period) = (slots, rationsAll, period)
  }

  /// Whether the peer is unchoked now.
  package func isUnchoked(_ number: PeerNumber) -> Bool { peers[number]?.isUnchoked ?? false }

  /// A peer's interest changed. Repeated values are harmless.
  package mutating func interest(
    _ number: PeerNumber, isInterested: Bool, priority: Int? = nil, isRationed: Bool = false, now: ContinuousClock.Instant
  ) -> [Action] {
    var peer = peers[number] ?? Peer(since: now)
    if peer.isInterested != isInterested, !peer.isUnchoked { peer.since = now }
    peer.isInterested = isInterested
    peer.priority = priority ?? .max
    let isBoundedAnew = peer.isUnchoked && peer.isRationed != isRationed
    peer.isRationed = isRationed
    peers[number] = peer
    if isBoundedAnew { recount() }
    return settle(number, now)
  }

  /// The peer's artifact is paused, or resumed: it is choked, whoever else wants it unchoked.
  package mutating func pause(_ number: PeerNumber, isPaused: Bool, now: ContinuousClock.Instant) -> [Action] {
    peers[number, default: Peer(since: now)].isPaused = isPaused
    return settle(number, now)
  }

  /// How well a peer shares what it gets, 0 to 4: so many periods it counts as having waited longer.
  package mutating func credit(_ number: PeerNumber, merit: UInt8) { peers[number]?.merit = min(merit, 4) }

  /// These peers share the slots from now on, or take none.
  package mutating func ration(_ numbers: some Sequence<PeerNumber>, isRationed: Bool, now: ContinuousClock.Instant) -> [Action] {
    for number in numbers { peers[number]?.isRationed = isRationed }
    recount()
    return trim(now) + settle(now)
  }

  /// A plugin holds the peer choked, or lets go of it.
  package mutating func hold(_ number: PeerNumber, isHeld: Bool, now: ContinuousClock.Instant) -> [Action] {
    guard isHeld || peers[number]?.isHeld == true else { return [] }
    var peer = peers[number] ?? Peer(since: now)
    peer.isHeld = isHeld
    peers[number] = peer
    return settle(number, now)
  }

  /// Another number of slots from now on, for all peers or for those that are rationed.
  package mutating func set(slots: Int?, rationsAll: Bool = true, now: ContinuousClock.Instant) -> [Action] {
    guard self.slots != slots || self.rationsAll != rationsAll else { return [] }
    (self.slots, self.rationsAll) = (slots, rationsAll)
    recount()
    return trim(now) + settle(now)
  }

  /// A peer is gone.
  package mutating func remove(_ number: PeerNumber, now: ContinuousClock.Instant) -> [Action] {
    // Thousands may go at once: only a slot that is free now concerns the others.
    guard let peer = peers.removeValue(forKey: number), peer.isUnchoked, takesSlot(peer) else { return [] }
    taken -= 1
    return settle(now)
  }

  /// The rotation of slots, asked about once a second.
  package mutating func tick(_ now: ContinuousClock.Instant) -> [Action] {
    guard let slots, now - (rotated ?? now - period) >= period else { return [] }
    rotated = now
    let waiting = peers.filter { $0.value.isWanting && !$0.value.isUnchoked && takesSlot($0.value) }.sorted { precedes($0, $1) }
    let free = max(0, slots - taken)
    let oldest = peers.filter { $0.value.isUnchoked && takesSlot($0.value) && now - $0.value.since >= period }.sorted { yields($0, $1) }
    var actions: [Action] = []
    for (holder, next) in zip(oldest.prefix((slots + 1) / 2), waiting.dropFirst(free)) where isDue(next, before: holder, now) {
      actions.append(choke(holder.key, now))
    }
    // Those that have just yielded wait behind everybody else: `since` is now.
    return actions + settle(now)
  }

  /// Whether the peer is one of those that share the slots.
  private func takesSlot(_ peer: Peer) -> Bool { slots != nil && (rationsAll || peer.isRationed) }

  private mutating func recount() { taken = peers.values.count { $0.isUnchoked && takesSlot($0) } }

  /// Chokes those that have more than the slots between them.
  private mutating func trim(_ now: ContinuousClock.Instant) -> [Action] {
    guard let slots, taken > slots else { return [] }
    let holders = peers.filter { $0.value.isUnchoked && takesSlot($0.value) }.sorted { yields($0, $1) }
    return holders.prefix(taken - slots).map { choke($0.key, now) }
  }

  /// Who takes no slot waits for nobody, and its change concerns it alone.
  private mutating func settle(_ number: PeerNumber, _ now: ContinuousClock.Instant) -> [Action] {
    if let peer = peers[number], takesSlot(peer) { return settle(now) }
    guard let peer = peers[number], peer.isWanting != peer.isUnchoked else { return [] }
    return [peer.isWanting ? unchoke(number, now) : choke(number, now)]
  }

  private mutating func settle(_ now: ContinuousClock.Instant) -> [Action] {
    var actions: [Action] = []
    for (number, peer) in peers where peer.isUnchoked && !peer.isWanting {
      actions.append(choke(number, now))
    }
    let waiting = peers.filter { $0.value.isWanting && !$0.value.isUnchoked }.sorted { precedes($0, $1) }
    for (number, peer) in waiting where taken < slots ?? .max || !takesSlot(peer) {
      actions.append(unchoke(number, now))
    }
    return actions
  }

  private mutating func choke(_ number: PeerNumber, _ now: ContinuousClock.Instant) -> Action {
    peers[number]?.isUnchoked = false
    peers[number]?.since = now
    if peers[number].map(takesSlot) == true { taken -= 1 }
    return .choke(number)
  }

  private mutating func unchoke(_ number: PeerNumber, _ now: ContinuousClock.Instant) -> Action {
    peers[number]?.isUnchoked = true
    peers[number]?.since = now
    if peers[number].map(takesSlot) == true { taken += 1 }
    return .unchoke(number)
  }

  private typealias Entry = (key: PeerNumber, value: Peer)

  private func precedes(_ one: Entry, _ other: Entry) -> Bool {
    let (first, second) = (one.value.since - headStart(one), other.value.since - headStart(other))
    return (one.value.priority, first, one.key) < (other.value.priority, second, other.key)
  }

  private func yields(_ one: Entry, _ other: Entry) -> Bool {
    let (first, second) = (one.value.since + headStart(one), other.value.since + headStart(other))
    return (other.value.priority, first, one.key) < (one.value.priority, second, other.key)
  }

  /// Whether the holder of a slot, at the end of the queue, would be behind the one that waits.
  private func isDue(_ waiting: Entry, before holder: Entry, _ now: ContinuousClock.Instant) -> Bool {
    (waiting.value.priority, waiting.value.since - headStart(waiting)) <= (holder.value.priority, now - headStart(holder))
  }

  private func headStart(_ entry: Entry) -> Duration { period * Int(entry.value.merit) }
}

extension Choker.Peer {
  fileprivate var isWanting: Bool { isInterested && !isHeld && !isPaused }
}
