import Metainfo
import PluginKit
import Synchronization

/// The artifacts in service, by the inventory's number and by every 20-byte form of their info-hashes.
///
/// Of an idle one there are only these entries, some two hundred bytes. Its swarm, with torrent and reader, is there while somebody holds it
/// and for a little while after, so that a peer that comes back does not make us read a long torrent again.
final class SwarmTable: Sendable {
  fileprivate struct Entry {
    let first: SHA1Digest
    let second: SHA1Digest?
  }

  fileprivate struct State {
    var entries: [Int64: Entry] = [:]
    var ids: [SHA1Digest: Int64] = [:]
    /// Only what is not whole has an entry.
    var missing: [Int64: Int64] = [:]
    /// The swarms that are in memory.
    var live: [Int64: Swarm] = [:]
    /// Those of them that never leave it while they are in service.
    var residents: Set<Int64> = []
    var recent = RecentSwarms()
    /// Those that are paused, in memory or not, until they are resumed: an artifact that is replaced or comes back stays paused.
    var paused: Set<Int64> = []
    /// What artifacts whose swarms have gone have sent.
    var uploaded: [Int64: Int64] = [:]
  }

  private let state = Mutex(State())

  /// The swarm, where it is in memory.
  subscript(id: Int64) -> Swarm? { state.withLock { $0.live[id] } }
  /// The swarms in memory.
  var live: [Swarm] { state.withLock { Array($0.live.values) } }
  /// How many artifacts are in service.
  var count: Int { state.withLock { $0.entries.count } }

  func isInService(_ id: Int64) -> Bool { state.withLock { $0.entries[id] != nil } }
  func id(of infoHash: SHA1Digest) -> Int64? { state.withLock { $0.ids[infoHash] } }
  func missing(of id: Int64) -> Int64 { state.withLock { $0.missing[id] ?? 0 } }

  /// Bytes of blocks of an artifact that links have taken since the start.
  func uploaded(of id: Int64) -> Int64 {
    state.withLock { ($0.uploaded[id] ?? 0) + ($0.live[id]?.uploaded.load(ordering: .relaxed) ?? 0) }
  }

  /// Counts what links have taken of a swarm, also once it has left memory: its peers may settle their accounts after that.
  func count(uploaded bytes: Int64, of swarm: Swarm) {
    state.withLock { state in
      if state.live[swarm.facts.id] === swarm {
        swarm.uploaded.add(bytes, ordering: .relaxed)
      } else {
        state.uploaded[swarm.facts.id, default: 0] += bytes
      }
    }
  }

  func isPaused(_ id: Int64) -> Bool { state.withLock { $0.paused.contains(id) } }

  /// Pauses or resumes an artifact; the peers that it has.
  func setPaused(_ id: Int64, _ isPaused: Bool) -> Set<PeerNumber> {
    state.withLock { state in
      if isPaused { state.paused.insert(id) } else { state.paused.remove(id) }
      return state.live[id]?.setPaused(isPaused) ?? []
    }
  }

  /// Puts artifacts in service, to be loaded when somebody asks; gives back the swarms of those that were there before.
  func insert(_ artifacts: [ServedArtifact]) -> [Swarm] {
    state.withLock { state in
      state.entries.reserveCapacity(state.entries.count + artifacts.count)
      state.ids.reserveCapacity(state.ids.count + artifacts.reduce(0) { $0 + $1.wire.count })
      return artifacts.compactMap { state.insert($0) }
    }
  }

  /// Puts a swarm in service that stays in memory; gives back the one that had its number.
  func insert(_ swarm: Swarm, missing: Int64) -> Swarm? {
    let id = swarm.facts.id
    return state.withLock { state in
      let former = state.insert(ServedArtifact(id: id, wire: swarm.facts.infoHash.wire, missing: missing))
      state.putIn(swarm)
      state.residents.insert(id)
      return former
    }
  }

  /// Takes an artifact out of service; gives back its swarm where that is in memory.
  func remove(_ id: Int64) -> Swarm? {
    state.withLock { $0.remove(id) }
  }

  /// Takes an artifact out of service if this is its swarm.
  func remove(_ swarm: Swarm) {
    state.withLock { state in
      guard state.live[swarm.facts.id] === swarm else { return }
      _ = state.remove(swarm.facts.id)
    }
  }

  /// So many bytes of an artifact are missing now.
  func set(missing bytes: Int64, of swarm: Swarm) {
    state.withLock { state in
      guard state.live[swarm.facts.id] === swarm else { return }
      state.missing[swarm.facts.id] = bytes > 0 ? bytes : nil
    }
  }

  /// The artifact of a swarm that stayed in memory is like any other from now on: it leaves when nobody asks for it.
  func settle(_ swarm: Swarm) {
    state.withLock { state in
      guard state.live[swarm.facts.id] === swarm else { return }
      state.residents.remove(swarm.facts.id)
    }
  }

  // MARK: Swarms in memory

  /// The swarm, with one hold more, where it is in memory.
  func hold(_ id: Int64) -> Swarm? {
    state.withLock { state in
      guard let swarm = state.live[id] else { return nil }
      swarm.hold()
      return swarm
    }
  }

  /// Puts a loaded swarm in, unless one is there already; gives the one that is, with so many holds more. Nil where the artifact has gone out
  /// of service.
  func arrived(_ loaded: Swarm, holds: Int) -> Swarm? {
    state.withLock { state in
      guard state.entries[loaded.facts.id] != nil else { return nil }
      let swarm = state.live[loaded.facts.id] ?? loaded
      for _ in 0..<holds { swarm.hold() }
      state.putIn(swarm)
      return swarm
    }
  }

  /// A swarm has become idle: it stays for a while, if those that became idle before it leave it the room.
  func rest(_ swarm: Swarm, now: ContinuousClock.Instant) {
    let leaving = state.withLock { state -> [Swarm] in
      guard state.live[swarm.facts.id] === swarm, !state.residents.contains(swarm.facts.id), swarm.isIdle else { return [] }
      return state.letGo(state.recent.add(swarm, now: now))
    }
    // The last reference frees a torrent and closes files: not under the lock.
    withExtendedLifetime(leaving) {}
  }

  /// Lets go of swarms that have been idle for long enough.
  func expire(now: ContinuousClock.Instant) {
    let leaving = state.withLock { state in state.letGo(state.recent.expired(now: now)) }
    withExtendedLifetime(leaving) {}
  }
}

extension SwarmTable.State {
  fileprivate mutating func insert(_ artifact: ServedArtifact) -> Swarm? {
    let former = remove(artifact.id)
    guard let first = artifact.wire.first else { return former }
    entries[artifact.id] = SwarmTable.Entry(first: first, second: artifact.wire.dropFirst().first)
    for hash in artifact.wire.prefix(2) { ids[hash] = artifact.id }
    if artifact.missing > 0 { missing[artifact.id] = artifact.missing }
    return former
  }

  fileprivate mutating func putIn(_ swarm: Swarm) {
    live[swarm.facts.id] = swarm
    if paused.contains(swarm.facts.id) { _ = swarm.setPaused(true) }
  }

  fileprivate mutating func remove(_ id: Int64) -> Swarm? {
    guard let entry = entries.removeValue(forKey: id) else { return nil }
    for hash in [entry.first, entry.second].compactMap({ $0 }) where ids[hash] == id { ids[hash] = nil }
    missing[id] = nil
    residents.remove(id)
    guard let swarm = live[id] else { return nil }
    recent.remove(swarm)
    forget(swarm)
    return swarm
  }

  /// Those of them that are still idle leave memory.
  fileprivate mutating func letGo(_ swarms: [Swarm]) -> [Swarm] {
    let leaving = swarms.filter { live[$0.facts.id] === $0 && $0.closeIfIdle() }
    for swarm in leaving { forget(swarm) }
    return leaving
  }

  /// The swarm leaves; what it has sent stays counted.
  private mutating func forget(_ swarm: Swarm) {
    live[swarm.facts.id] = nil
    let sent = swarm.uploaded.load(ordering: .relaxed)
    if sent > 0 { uploaded[swarm.facts.id, default: 0] += sent }
  }
}
