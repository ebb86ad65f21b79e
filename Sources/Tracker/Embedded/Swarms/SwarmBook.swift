import Metainfo
import PluginKit

/// All peers of all artifacts, as a pure value: times are seconds of any clock, and what policy says is given with each event.
struct SwarmBook: Sendable {
  private(set) var settings: TrackerSettings
  private var swarms: [SHA1Digest: TrackedSwarm] = [:]
  private var owners: [SwarmPeer.Owner: Int] = [:]
  private(set) var peers = 0
  private(set) var seeders = 0
  /// Peers that found no place since the start.
  private(set) var turnedAway = 0
  private var downloads: [SHA1Digest: Int] = [:]

  init(_ settings: TrackerSettings) {
    self.settings = settings
  }

  var swarmCount: Int { swarms.count }
  private var lifetime: Int64 { settings.lifetime.components.seconds }

  /// Takes other settings. Where zones have changed, peers have to announce themselves anew: they are filed by zone.
  mutating func replace(settings fresh: TrackerSettings) {
    if fresh.zones != settings.zones { forgetAll() }
    settings = fresh
  }

  private mutating func forgetAll() {
    for (infoHash, swarm) in swarms { downloads[infoHash] = swarm.downloads }
    (swarms, owners, peers, seeders) = ([:], [:], 0, 0)
  }

  func peer(_ address: Endpoint, of infoHash: SHA1Digest) -> SwarmPeer? {
    swarms[infoHash]?.peer(address, in: settings.zones.zone(of: address.ip))
  }

  func counts(of infoHash: SHA1Digest) -> SwarmCounts {
    guard let swarm = swarms[infoHash] else { return SwarmCounts(seeders: 0, leechers: 0, downloads: Int64(downloads[infoHash] ?? 0)) }
    return SwarmCounts(seeders: Int64(swarm.seeders), leechers: Int64(swarm.leechers), downloads: Int64(swarm.downloads))
  }
}

/// Peers that come and go.
extension SwarmBook {
  /// Files a peer that policy has let in. One for whom there is no place is told of others all the same.
  mutating func record(_ peer: SwarmPeer, _ announce: TrackerAnnounce, artifact: ArtifactFacts) {
    let zone = settings.zones.zone(of: peer.address.ip)
    let known = swarms[announce.infoHash]?.peer(peer.address, in: zone)
    guard announce.event != .stopped else {
      remove(peer.address, of: announce.infoHash)
      return
    }
    guard peer.address.port > 0, known != nil || hasPlace(for: peer.owner, in: announce.infoHash) else {
      if peer.address.port > 0 { turnedAway += 1 }
      return
    }
    if known != nil { remove(peer.address, of: announce.infoHash, keepsTurn: !announce.isSeed) }
    var swarm = swarms.removeValue(forKey: announce.infoHash) ?? makeSwarm(announce.infoHash, artifact)
    swarm.put(peer, in: zone, isSeed: announce.isSeed)
    // Finished downloads of peers that were not known before are not believed: they cost nothing to claim.
    if announce.event == .completed, known != nil { swarm.downloads += 1 }
    swarms[announce.infoHash] = swarm
    owners[peer.owner, default: 0] += 1
    peers += 1
    seeders += announce.isSeed ? 1 : 0
  }

  private func makeSwarm(_ infoHash: SHA1Digest, _ artifact: ArtifactFacts) -> TrackedSwarm {
    var swarm = TrackedSwarm(artifact: artifact)
    swarm.downloads = downloads[infoHash] ?? 0
    return swarm
  }

  private func hasPlace(for owner: SwarmPeer.Owner, in infoHash: SHA1Digest) -> Bool {
    peers < settings.maximumPeers && owners[owner] ?? 0 < settings.perOwner
      && swarms[infoHash]?.count(of: owner) ?? 0 < settings.perOwnerInSwarm
  }

  mutating func remove(_ address: Endpoint, of infoHash: SHA1Digest, keepsTurn: Bool = false) {
    guard let before = swarms[infoHash]?.seeders else { return }
    let zone = settings.zones.zone(of: address.ip)
    guard let gone = swarms[infoHash]?.remove(address, in: zone, keepsTurn: keepsTurn) else { return }
    seeders += (swarms[infoHash]?.seeders ?? 0) - before
    settle(gone)
    dropIfEmpty(infoHash)
  }

  private mutating func settle(_ gone: SwarmPeer) {
    peers -= 1
    if let left = owners[gone.owner] { owners[gone.owner] = left > 1 ? left - 1 : nil }
  }

  private mutating func dropIfEmpty(_ infoHash: SHA1Digest) {
    guard let swarm = swarms[infoHash], swarm.count == 0 else { return }
    downloads[infoHash] = swarm.downloads > 0 ? swarm.downloads : nil
    swarms[infoHash] = nil
  }

  /// An artifact has left, or is another than before.
  mutating func drop(_ infoHash: SHA1Digest) {
    removeAll(of: infoHash) { _ in true }
    downloads[infoHash] = nil
  }

  /// Peers that have not been heard of for two intervals go.
  mutating func expire(now: Int64) {
    let oldest = now - lifetime
    for infoHash in Array(swarms.keys) { removeAll(of: infoHash) { $0.seen < oldest } }
  }

  /// Peers of whom the policy of now does not say that they may be told of go.
  mutating func judge(_ policy: TrackerPolicy) {
    let (generation, now) = (policy.generation, policy.now)
    for (infoHash, swarm) in swarms {
      removeAll(of: infoHash) { peer in
        guard !peer.standing.holds(in: generation, at: now) else { return false }
        return policy.verdict(peer.facts(swarm.artifact, now: now))?.standing.isAllowed == false
      }
    }
  }

  private mutating func removeAll(of infoHash: SHA1Digest, where isGone: (SwarmPeer) -> Bool) {
    guard let before = swarms[infoHash]?.seeders, let gone = swarms[infoHash]?.removeAll(where: isGone), !gone.isEmpty else { return }
    seeders += (swarms[infoHash]?.seeders ?? 0) - before
    for peer in gone { settle(peer) }
    dropIfEmpty(infoHash)
  }
}

/// Peers that are handed out.
extension SwarmBook {
  /// Peers for the asker: none to whoever has stopped. Those whose standing is of another time are judged again before they are told of.
  mutating func pick(
    for announce: TrackerAnnounce, at address: Endpoint, family: IPAddress.Family?, limit: Int, now: Int64, policy: TrackerPolicy,
    using generator: inout some RandomNumberGenerator
  ) -> TrackedSwarm.Picked {
    let wanted = max(0, min(announce.wanted ?? settings.usualPeers, settings.mostPeers, limit))
    let zone = settings.zones.zone(of: address.ip)
    guard announce.event != .stopped, wanted > 0, let artifact = swarms[announce.infoHash]?.artifact else {
      return TrackedSwarm.Picked(peers: [], mayLeaveZone: zone == 0 || settings.outsiders == nil)
    }
    let wish = TrackedSwarm.Wish(
      address: address, zone: zone, isSeed: announce.isSeed, count: wanted, family: family, now: now)
    let (generation, time, oldest) = (policy.generation, policy.now, now - lifetime)
    var renewed: [(Endpoint, ZoneMap.Zone, PeerStanding)] = []
    let picked = swarms[announce.infoHash]?.pick(
      wish, outsiders: settings.outsiders, outsideTime: settings.outsideTime.components.seconds, using: &generator
    ) { peer, zone in
      guard peer.seen >= oldest else { return false }
      if peer.standing.holds(in: generation, at: time) { return peer.standing.isAllowed }
      // Where a guard wants to wait, the peer's own next announce will ask it.
      guard let standing = policy.verdict(peer.facts(artifact, now: time))?.standing else { return false }
      renewed.append((peer.address, zone, standing))
      return standing.isAllowed
    }
    for (address, zone, standing) in renewed {
      if standing.isAllowed {
        swarms[announce.infoHash]?.renew(standing, of: address, in: zone)
      } else {
        remove(address, of: announce.infoHash)
      }
    }
    return picked ?? TrackedSwarm.Picked(peers: [], mayLeaveZone: false)
  }
}
