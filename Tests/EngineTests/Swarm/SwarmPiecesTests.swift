import Metainfo
import PeerProtocol
import TestSupport
import Testing

@testable import Engine

/// What is seen of an artifact's pieces from outside.
struct SwarmPiecesTests {
  @Test
  func ourPiecesAreThereWithThoseOfAsManyPeersAsWereAskedFor() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let count = artifact.torrent.layout.pieceCount
      let none = await rig.engine.pieces(of: 1, peers: 10)
      #expect(none.have?.isFull == true && none.peers.isEmpty && none.connected == 0)
      var peers: [ScriptedPeer] = []
      for source in ["127.0.0.1", "127.0.0.2"] {
        let peer = try await rig.peer(artifact, from: source)
        try await peer.send(.have(UInt32(peers.count)))
        peers.append(peer)
      }
      let seen = try await eventually("both have told") {
        let pieces = await rig.engine.pieces(of: 1, peers: 10)
        return pieces.peers.map(\.population) == [1, 1] ? pieces : nil
      }
      #expect(Set(seen.peers.flatMap { Array($0.pieces) }) == [0, 1] && seen.peers.allSatisfy { $0.count == count } && seen.connected == 2)
      #expect(rig.engine.peerCount(of: 1) == 2 && rig.engine.have(of: 1)?.isFull == true)
      let some = await rig.engine.pieces(of: 1, peers: 1)
      #expect(some.peers.count == 1 && some.connected == 2)
    }
  }

  @Test
  func ofWhatIsNotInMemoryNothingIsKnown() async throws {
    try await EngineRig.run([]) { rig async throws in
      let pieces = await rig.engine.pieces(of: 7, peers: 10)
      #expect(pieces.have == nil && pieces.peers.isEmpty && pieces.connected == 0)
      #expect(rig.engine.peerCount(of: 7) == 0 && rig.engine.have(of: 7) == nil)
    }
  }
}
