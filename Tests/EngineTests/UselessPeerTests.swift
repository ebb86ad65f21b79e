import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Engine

/// Peers with which there is nothing left to be said.
struct UselessPeerTests {
  private func expectGone(
    _ artifact: TestArtifact, plugins: [any Plugin] = [], reason: String, _ speak: @Sendable (ScriptedPeer) async throws -> Void
  ) async throws {
    let log = RecordingPlugin()
    try await EngineRig.run([artifact.seeded()], plugins: [log] + plugins) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await speak(peer)
      try await rig.heard(peer, artifact)
      rig.clock.advance(by: .seconds(15))
      await rig.engine.tick()
      #expect(rig.engine.totals.connections == 1)
      rig.clock.advance(by: .seconds(1))
      await rig.engine.tick()
      try await peer.end()
      #expect(log.log.calls(of: .onDisconnect).map(\.detail).contains { $0.contains(reason) })
    }
  }

  @Test
  func aSeedGoes() async throws {
    try await expectGone(try TestArtifact(), reason: "both sides have everything") { try await $0.send(.haveAll) }
  }

  @Test
  func aPartialSeedThatSaysItIsUploadOnlyGoes() async throws {
    try await expectGone(try TestArtifact(), reason: "the peer wants nothing more (BEP 21)") { peer in
      var handshake = ExtendedHandshake()
      handshake.uploadOnly = true
      try await peer.send(.haveNone)
      try await peer.send(handshake)
    }
  }

  @Test
  func aPeerThatIsInterestedStaysWhateverElseItSays() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(bytes: ScriptedPeer.encoded((0..<3).map { .have($0) }))
      await rig.wait(pieces: 3)
      rig.clock.advance(by: .seconds(60))
      await rig.engine.tick()
      #expect(try await peer.isAlive(artifact))
    }
  }

  @Test
  func aPluginMayKeepIt() async throws {
    let artifact = try TestArtifact()
    var script = RecordingScript()
    script.handlings[.canDisconnect] = .handled
    try await EngineRig.run([artifact.seeded()], plugins: [RecordingPlugin(script: script)]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.send(.haveAll)
      await rig.wait(pieces: 3)
      rig.clock.advance(by: .seconds(60))
      await rig.engine.tick()
      #expect(rig.engine.totals.connections == 1)
    }
  }

  @Test
  func theTenPartsOfASecondReachEveryConnectionOnce() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()], settings: EngineRig.settings { $0.eventLoops = 1 }) { rig async throws in
      var peers: [ScriptedPeer] = []
      for _ in 0..<7 { peers.append(try await rig.leecher(artifact)) }
      let handle = try #require(rig.engine.core.loops.first)
      rig.clock.advance(by: .seconds(181))
      var left: [Int] = []
      for part in 0..<10 {
        try await handle.eventLoop.submit { handle.bound.value.tick(part, of: 10) }.get()
        left.append(rig.engine.totals.connections)
      }
      // One by one, for their numbers follow each other.
      #expect(left.last == 0 && Set([7] + left) == Set(0...7))
    }
  }

  @Test
  func whereConnectionsAreScarceTheIdleMakeRoom() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()], settings: EngineRig.settings { $0.connections = 8 }) { rig async throws in
      let busy = try await rig.leecher(artifact)
      var idle: [ScriptedPeer] = []
      for _ in 0..<6 { idle.append(try await rig.peer(artifact)) }
      rig.clock.advance(by: .seconds(31))
      await rig.engine.tick()
      // Seven of eight are nobody's trouble.
      #expect(rig.engine.totals.connections == 7)
      idle.append(try await rig.peer(artifact))
      await rig.engine.tick()
      try await rig.connections(7)
      #expect(try await busy.isAlive(artifact))
      // The place is a newcomer's.
      #expect(try await rig.leecher(artifact).isAlive(artifact))
    }
  }
}

extension EngineRig {
  /// Waits until everything that the peer has sent is taken in: a request that is refused is answered after it.
  fileprivate func heard(_ peer: ScriptedPeer, _ artifact: TestArtifact) async throws {
    try await peer.send(.request(artifact.blocks[0]))
    try await peer.wait(for: .reject(artifact.blocks[0]))
  }
}
