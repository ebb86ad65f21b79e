import PluginKit

/// The peers of one info-hash.
struct TrackedSwarm: Sendable {
  /// Peers of a zone.
  private struct Group: Sendable {
    var seeds = PeerList()
    var leechers = PeerList()
    var isEmpty: Bool { seeds.count == 0 && leechers.count == 0 }
  }

  let artifact: ArtifactFacts
  private var groups: [ZoneMap.Zone: Group] = [:]
  private var turns = ZoneTurns()
  private var owners: [SwarmPeer.Owner: Int] = [:]
  private(set) var seeders = 0
  private(set) var leechers = 0
  /// How many have finished since the node started.
  var downloads = 0

  init(artifact: ArtifactFacts) {
    self.artifact = artifact
  }

  var count: Int { seeders + leechers }

  func peer(_ address: Endpoint, in zone: ZoneMap.Zone) -> SwarmPeer? {
    guard let group = groups[zone] else { return nil }
    return group.leechers[address] ?? group.seeds[address]
  }

  func count(of owner: SwarmPeer.Owner) -> Int { owners[owner] ?? 0 }

  /// Puts a peer in the place of who was at its address.
  mutating func put(_ peer: SwarmPeer, in zone: ZoneMap.Zone, isSeed: Bool) {
    remove(peer.address, in: zone, keepsTurn: !isSeed)
    owners[peer.owner, default: 0] += 1
    if isSeed {
      seeders += 1
      groups[zone, default: Group()].seeds.put(peer)
    } else {
      leechers += 1
      groups[zone, default: Group()].leechers.put(peer)
    }
  }

  @discardableResult
  mutating func remove(_ address: Endpoint, in zone: ZoneMap.Zone, keepsTurn: Bool = false) -> SwarmPeer? {
    let seed = groups[zone]?.seeds.remove(address)
    let leecher = seed == nil ? groups[zone]?.leechers.remove(address) : nil
    guard let gone = seed ?? leecher else { return nil }
    if seed != nil { seeders -= 1 } else { leechers -= 1 }
    if groups[zone]?.isEmpty == true { groups[zone] = nil }
    if let left = owners[gone.owner] { owners[gone.owner] = left > 1 ? left - 1 : nil }
    if !keepsTurn { turns.release(address, in: zone) }
    return gone
  }

  /// Those of whom the closure says so go.
  mutating func removeAll(where isGone: (SwarmPeer) -> Bool) -> [SwarmPeer] {
    var gone: [SwarmPeer] = []
    for (zone, group) in groups {
      for peer in group.seeds.entries + group.leechers.entries where isGone(peer) {
        gone += remove(peer.address, in: zone).map { [$0] } ?? []
      }
    }
    return gone
  }

  /// Gives a peer what policy now says of it.
  mutating func renew(_ standing: PeerStanding, of address: Endpoint, in zone: ZoneMap.Zone) {
    if var peer = groups[zone]?.seeds[address] {
      peer.standing = standing
      groups[zone]?.seeds.put(peer)
    } else if var peer = groups[zone]?.leechers[address] {
      peer.standing = standing
      groups[zone]?.leechers.put(peer)
    }
  }
}

/// Picking peers for one that asks.
extension TrackedSwarm {
  struct Wish {
    let address: Endpoint
    let zone: ZoneMap.Zone
    let isSeed: Bool
    /// How many peers at most.
    let count: Int
    /// Which peers can be reached at all.
    let family: IPAddress.Family?
    let now: Int64
  }

  struct Picked: Hashable {
    var peers: [ListedPeer]
    /// Whether the asker may be sent outside of its zone at present.
    var mayLeaveZone: Bool
  }

  /// Peers for the asker, those of its own zone first. `isFit` says whether one may be told of; not more are looked at than a few times as
  /// many as are wished for.
  mutating func pick(
    _ wish: Wish, outsiders: Int?, outsideTime: Int64, using generator: inout some RandomNumberGenerator,
    isFit: (SwarmPeer, ZoneMap.Zone) -> Bool
  ) -> Picked {
    var picked: [ListedPeer] = []
    if wish.zone != 0 { take([wish.zone], wish, nil, &picked, &generator, isFit) }
    guard picked.count < wish.count else { return Picked(peers: picked, mayLeaveZone: outsiders == nil) }
    if let outsiders, wish.zone != 0, !wish.isSeed {
      let end = wish.now + outsideTime
      guard turns.take(wish.address, in: wish.zone, limit: outsiders, now: wish.now, end: end) else {
        return Picked(peers: picked, mayLeaveZone: false)
      }
    }
    let others = wish.zone == 0 ? Array(groups.keys) : groups.keys.filter { $0 != wish.zone }
    take(others, wish, outsiders, &picked, &generator, isFit)
    return Picked(peers: picked, mayLeaveZone: true)
  }

  private func take(
    _ zones: [ZoneMap.Zone], _ wish: Wish, _ outsiders: Int?, _ picked: inout [ListedPeer],
    _ generator: inout some RandomNumberGenerator, _ isFit: (SwarmPeer, ZoneMap.Zone) -> Bool
  ) {
    var lists: [(zone: ZoneMap.Zone, isSeeds: Bool, peers: PeerList)] = []
    for zone in zones {
      guard let group = groups[zone] else { continue }
      lists.append((zone, false, group.leechers))
      // Seeds have nothing to say to each other.
      if !wish.isSeed { lists.append((zone, true, group.seeds)) }
    }
    let total = lists.reduce(0) { $0 + $1.peers.count }
    let looks = (wish.count - picked.count) * 4 + 16
    for place in RandomRound(total, using: &generator).prefix(looks) {
      guard picked.count < wish.count, let (zone, isSeed, peer) = Self.entry(place, lists) else { return }
      guard peer.address != wish.address, wish.family == nil || peer.address.ip.family == wish.family else { continue }
      // Whoever in a zone waits for its turn is not sent to others, either.
      if outsiders != nil, zone != wish.zone, zone != 0, !isSeed, !turns.has(peer.address, in: zone, now: wish.now) { continue }
      if isFit(peer, zone) { picked.append(peer.listed) }
    }
  }

  private static func entry(
    _ place: Int, _ lists: [(zone: ZoneMap.Zone, isSeeds: Bool, peers: PeerList)]
  ) -> (ZoneMap.Zone, Bool, SwarmPeer)? {
    var place = place
    for list in lists {
      if place < list.peers.count { return (list.zone, list.isSeeds, list.peers.entries[place]) }
      place -= list.peers.count
    }
    return nil
  }
}
