import Metainfo
import PluginKit
import Synchronization

/// The artifacts in service, by the inventory's number and by every 20-byte form of their info-hashes.
final class SwarmTable: Sendable {
  private struct State {
    var byID: [Int64: Swarm] = [:]
    var byHash: [SHA1Digest: Swarm] = [:]
  }

  private let state = Mutex(State())

  subscript(infoHash: SHA1Digest) -> Swarm? { state.withLock { $0.byHash[infoHash] } }
  subscript(id: Int64) -> Swarm? { state.withLock { $0.byID[id] } }
  var all: [Swarm] { state.withLock { Array($0.byID.values) } }
  var count: Int { state.withLock { $0.byID.count } }

  /// Puts a swarm in; gives back the one that had its number.
  func insert(_ swarm: Swarm) -> Swarm? {
    state.withLock { state in
      let former = state.byID.updateValue(swarm, forKey: swarm.facts.id)
      for hash in swarm.facts.infoHash.wire { state.byHash[hash] = swarm }
      return former
    }
  }

  /// Takes a swarm out.
  func remove(_ id: Int64) -> Swarm? {
    state.withLock { state in
      guard let swarm = state.byID.removeValue(forKey: id) else { return nil }
      for hash in swarm.facts.infoHash.wire where state.byHash[hash] === swarm { state.byHash[hash] = nil }
      return swarm
    }
  }
}
