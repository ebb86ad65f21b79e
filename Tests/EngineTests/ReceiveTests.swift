import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Engine

/// Bytes in: all connections of a loop read into one buffer.
struct ReceiveTests {
  private static let oneLoop = EngineRig.settings { $0.eventLoops = 1 }

  @Test
  func messagesOfSeveralPeersThatComeInPiecesAreNotMixedUp() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000])
    try await EngineRig.run([artifact.seeded()], settings: Self.oneLoop) { rig async throws in
      let blocks = artifact.blocks
      let (one, other) = (try await rig.leecher(artifact), try await rig.leecher(artifact))
      for index in 0..<8 {
        let first = ScriptedPeer.encoded([.request(blocks[index])])
        let second = ScriptedPeer.encoded([.request(blocks[index + 8])])
        try await one.send(bytes: first.prefix(9))
        try await other.send(bytes: second.prefix(5))
        // Each peer is answered with what the other one's pieces lie in between.
        try await one.send(bytes: first.dropFirst(9))
        #expect(try await one.block(blocks[index]) == artifact.bytes(of: blocks[index]))
        try await other.send(bytes: second.dropFirst(5))
        #expect(try await other.block(blocks[index + 8]) == artifact.bytes(of: blocks[index + 8]))
      }
    }
  }

  @Test
  func theRestOfAMessageWaitsForItsEnd() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000])
    try await EngineRig.run([artifact.seeded()], settings: Self.oneLoop) { rig async throws in
      let peer = try await rig.leecher(artifact)
      // Many messages that nobody has use for, a request, and all of another but its last byte.
      let port = ScriptedPeer.encoded([.port(6881)])
      let first = [[UInt8]](repeating: port, count: 200).joined()
      let request = ScriptedPeer.encoded([.request(artifact.blocks[3])])
      try await peer.send(bytes: Array(first) + request + ScriptedPeer.encoded([.request(artifact.blocks[4])]).prefix(16))
      #expect(try await peer.block(artifact.blocks[3]) == artifact.bytes(of: artifact.blocks[3]))
      try await peer.send(bytes: ScriptedPeer.encoded([.request(artifact.blocks[4])]).suffix(1))
      #expect(try await peer.block(artifact.blocks[4]) == artifact.bytes(of: artifact.blocks[4]))
    }
  }

  @Test
  func aHandshakeWithMessagesBehindItIsReadToItsEnd() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000])
    try await EngineRig.run([artifact.seeded()], settings: Self.oneLoop) { rig async throws in
      let peer = try await ScriptedPeer.dial(rig.address)
      // Longer than the first read takes.
      let idle = [PeerMessage](repeating: .keepAlive, count: 30)
      let behind = ScriptedPeer.encoded([.haveNone] + idle + [.interested])
      try await peer.send(bytes: ScriptedPeer.handshake(artifact.infoHash, reserved: .fastOnly) + behind)
      try await peer.wait(for: .unchoke)
      #expect(try await peer.isAlive(artifact))
    }
  }

  @Test
  func aHaveChangesThePeersPiecesInPlaceAndPluginsSeeTheSameMemory() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000])
    try await EngineRig.run([artifact.seeded()], settings: Self.oneLoop) { rig async throws in
      let peer = try await rig.peer(artifact)
      var places: Set<Int> = []
      for piece in 0..<8 {
        try await peer.send(.have(UInt32(piece)))
        await rig.wait(pieces: piece + 1)
        let (ours, seen) = try await rig.placesOfPeerPieces()
        #expect(ours == seen)
        places.insert(ours)
      }
      #expect(places.count == 1)
    }
  }
}

extension EngineRig {
  /// Where the only connection's record of its peer's pieces lies in memory: the session's, and what plugins see.
  fileprivate func placesOfPeerPieces() async throws -> (Int, Int) {
    @Sendable func place(_ pieces: Bitfield?) -> Int { pieces?.bytes.withUnsafeBufferPointer { Int(bitPattern: $0.baseAddress) } ?? 0 }
    let handle = try #require(engine.core.loops.first)
    return try await handle.eventLoop.submit {
      let peer = handle.bound.value.connections.values.first?.active
      return (place(peer?.session.peerPieces), place(peer?.context.peerPieces))
    }.get()
  }
}
