/// Who is unchoked, for a node that only seeds: everybody who is interested, or a fixed number of slots that go round fairly.
///
/// A value fed with events and a clock. With slots, every `period` the peer that has held its slot longest (and at least one period)
/// yields to the one that has waited longest; a lower priority from a plugin goes first.
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
    var priority = Int.max
    /// Since when it has been unchoked, or has waited.
    var since: ContinuousClock.Instant
    var isUnchoked = false
  }

  /// Slots; nil: no limit.
  package private(set) var slots: Int?
  private let period: Duration
  private var peers: [PeerNumber: Peer] = [:]
  private var taken = 0
  private var rotated: ContinuousClock.Instant?

  package init(slots: Int?, period: Duration = .seconds(10)) {
    (self.slots, self.period) = (slots, period)
  }

  /// Whether the peer is unchoked now.
  package func isUnchoked(_ number: PeerNumber) -> Bool { peers[number]?.isUnchoked ?? false }

  /// A peer's interest changed. Repeated values are harmless.
  package mutating func interest(_ number: PeerNumber, isInterested: Bool, priority: Int? = nil, now: ContinuousClock.Instant) -> [Action] {
    var peer = peers[number] ?? Peer(since: now)
    if peer.isInterested != isInterested, !peer.isUnchoked { peer.since = now }
    peer.isInterested = isInterested
    peer.priority = priority ?? .max
    peers[number] = peer
    return settle(number, now)
  }

  /// A plugin holds the peer choked, or lets go of it.
  package mutating func hold(_ number: PeerNumber, isHeld: Bool, now: ContinuousClock.Instant) -> [Action] {
    var peer = peers[number] ?? Peer(since: now)
    peer.isHeld = isHeld
    peers[number] = peer
    return settle(number, now)
  }

  /// Another number of slots from now on.
  package mutating func set(slots: Int?, now: ContinuousClock.Instant) -> [Action] {
    guard self.slots != slots else { return [] }
    self.slots = slots
    let excess = peers.filter { $0.value.isUnchoked }.sorted { Self.yields($0, $1) }.prefix(max(0, taken - (slots ?? .max)))
    return excess.map { choke($0.key, now) } + settle(now)
  }

  /// A peer is gone.
  package mutating func remove(_ number: PeerNumber, now: ContinuousClock.Instant) -> [Action] {
    guard let peer = peers.removeValue(forKey: number) else { return [] }
    if peer.isUnchoked { taken -= 1 }
    return slots == nil ? [] : settle(now)
  }

  /// The rotation of slots, asked about once a second.
  package mutating func tick(_ now: ContinuousClock.Instant) -> [Action] {
    guard let slots, now - (rotated ?? now - period) >= period else { return [] }
    rotated = now
    let waiting = peers.filter { $0.value.isWanting && !$0.value.isUnchoked }.count
    let free = max(0, slots - taken)
    let oldest = peers.filter { $0.value.isUnchoked && now - $0.value.since >= period }.sorted { Self.yields($0, $1) }
    var actions: [Action] = []
    for (number, _) in oldest.prefix(max(0, min(waiting - free, (slots + 1) / 2))) {
      actions.append(choke(number, now))
    }
    // Those that have just yielded wait behind everybody else: `since` is now.
    return actions + settle(now)
  }

  /// Without slots nobody waits for another, and one peer's change concerns that peer alone.
  private mutating func settle(_ number: PeerNumber, _ now: ContinuousClock.Instant) -> [Action] {
    guard slots == nil else { return settle(now) }
    guard let peer = peers[number], peer.isWanting != peer.isUnchoked else { return [] }
    return [peer.isWanting ? unchoke(number, now) : choke(number, now)]
  }

  private mutating func settle(_ now: ContinuousClock.Instant) -> [Action] {
    var actions: [Action] = []
    for (number, peer) in peers where peer.isUnchoked && !peer.isWanting {
      actions.append(choke(number, now))
    }
    let free = slots.map { $0 - taken } ?? .max
    guard free > 0 else { return actions }
    let next = peers.filter { $0.value.isWanting && !$0.value.isUnchoked }.sorted { Self.precedes($0, $1) }
    for (number, _) in next.prefix(free) {
      actions.append(unchoke(number, now))
    }
    return actions
  }

  private mutating func choke(_ number: PeerNumber, _ now: ContinuousClock.Instant) -> Action {
    peers[number]?.isUnchoked = false
    peers[number]?.since = now
    taken -= 1
    return .choke(number)
  }

  private mutating func unchoke(_ number: PeerNumber, _ now: ContinuousClock.Instant) -> Action {
    peers[number]?.isUnchoked = true
    peers[number]?.since = now
    taken += 1
    return .unchoke(number)
  }

  private typealias Entry = (key: PeerNumber, value: Peer)

  private static func precedes(_ one: Entry, _ other: Entry) -> Bool {
    (one.value.priority, one.value.since, one.key) < (other.value.priority, other.value.since, other.key)
  }

  private static func yields(_ one: Entry, _ other: Entry) -> Bool {
    (other.value.priority, one.value.since, one.key) < (one.value.priority, other.value.since, other.key)
  }
}

extension Choker.Peer {
  fileprivate var isWanting: Bool { isInterested && !isHeld }
}
