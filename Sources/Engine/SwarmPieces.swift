import Metainfo
import NIOCore
import PeerProtocol
import Synchronization

/// What there is of an artifact here, and what its connected peers have.
package struct SwarmPieces: Sendable {
  /// What we have and serve; nil where the artifact is not in memory, because nobody has asked for it lately.
  package let have: Bitfield?
  /// What some of the peers have, at most as many as were asked for.
  package let peers: [Bitfield]
  /// How many are connected.
  package let connected: Int
}

extension SeedEngine {
  /// The pieces of an artifact, of at most so many of its peers. Copies references on the loops, and counts nothing there.
  package func pieces(of id: Int64, peers most: Int) async -> SwarmPieces {
    guard let swarm = core.swarms[id] else { return SwarmPieces(have: nil, peers: [], connected: 0) }
    let numbers = swarm.peers
    let wanted = Set(numbers.prefix(max(0, most)))
    let found = Mutex<[Bitfield]>([])
    await onEachLoop { loop in
      let pieces = wanted.compactMap { loop.connections[$0]?.active?.session.peerPieces }
      found.withLock { $0 += pieces }
    }
    return SwarmPieces(have: swarm.have, peers: found.withLock { $0 }, connected: numbers.count)
  }

  /// How many peers an artifact has.
  package func peerCount(of id: Int64) -> Int { core.swarms[id]?.peerCount ?? 0 }

  /// What there is of an artifact that is in memory; nil where it is not.
  package func have(of id: Int64) -> Bitfield? { core.swarms[id]?.have }
}
