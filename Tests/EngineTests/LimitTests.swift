import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// Caps, timeouts and the upload limit, over real sockets and with a clock of the test's own.
struct LimitTests {
  @Test
  func oneAddressHasNoMoreConnectionsThanItsCap() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()], settings: EngineRig.settings { $0.connectionsPerAddress = 1 }) { rig async throws in
      let first = try await rig.leecher(artifact)
      let second = try await ScriptedPeer.dial(rig.address)
      try await second.end()
      #expect(try await second.receivedBytes() == 0)
      let row = try #require(rig.refusals.first)
      #expect(row.operation == "limit" && row.principal == "127.0.0.1" && row.reason.contains("limits.per-address"))
      // Another address has its own, and a place that is given up is free.
      #expect(try await rig.leecher(artifact, from: "127.0.0.5").isAlive(artifact))
      try await first.close()
      try await rig.connections(1)
      #expect(try await rig.leecher(artifact).isAlive(artifact))
    }
  }

  @Test
  func theNodeHasNoMoreConnectionsThanItsCap() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()], settings: EngineRig.settings { $0.connections = 2 }) { rig async throws in
      let peers = [try await rig.leecher(artifact), try await rig.leecher(artifact, from: "127.0.0.5")]
      try await ScriptedPeer.dial(rig.address, from: "127.0.0.6").end()
      #expect(rig.refusals.map(\.reason) == ["2 connections are open (limits.connections)"])
      #expect(try await peers[1].isAlive(artifact))
    }
  }

  @Test
  func handshakesInFlightHaveACapOfTheirOwn() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()], settings: EngineRig.settings { $0.handshakes = 1 }) { rig async throws in
      let slow = try await ScriptedPeer.dial(rig.address)
      try await rig.connections(1)
      try await ScriptedPeer.dial(rig.address).end()
      #expect(rig.refusals.map(\.reason) == ["1 handshakes are in flight (limits.handshakes)"])
      try await slow.send(bytes: ScriptedPeer.handshake(artifact.infoHash))
      _ = try await slow.nextHandshake()
      // The first has finished its own.
      #expect(try await rig.leecher(artifact).isAlive(artifact))
    }
  }

  @Test
  func aPeerThatSaysNothingIsLetGoAfterTheHandshakesTime() async throws {
    try await EngineRig.run([]) { rig async throws in
      let peer = try await ScriptedPeer.dial(rig.address)
      try await rig.connections(1)
      rig.clock.advance(by: .seconds(10))
      await rig.engine.tick()
      #expect(rig.engine.totals.connections == 1)
      rig.clock.advance(by: .seconds(1))
      await rig.engine.tick()
      try await peer.end()
      #expect(rig.refusals.map(\.reason) == ["the handshake took longer than 10.0 seconds"])
    }
  }

  @Test
  func anIdlePeerIsKeptAliveAndThenLetGo() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      rig.clock.advance(by: .seconds(101))
      await rig.engine.tick()
      #expect(try await peer.next() == .keepAlive)
      rig.clock.advance(by: .seconds(79))
      await rig.engine.tick()
      #expect(rig.engine.totals.connections == 1)
      rig.clock.advance(by: .seconds(1))
      await rig.engine.tick()
      try await peer.end()
    }
  }

  @Test
  func aPeerThatHasEverythingIsOfNoUse() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let seed = try await rig.peer(artifact)
      try await seed.send(.haveAll)
      let partial = try await rig.leecher(artifact)
      try await eventually("a peer's pieces") { await rig.engine.peers().contains { $0.peerPieces == 3 } ? () : nil }
      rig.clock.advance(by: .seconds(61))
      await rig.engine.tick()
      try await seed.end()
      #expect(try await partial.isAlive(artifact))
    }
  }

  @Test
  func theUploadLimitHoldsAndIsSharedFairly() async throws {
    let artifact = try TestArtifact(["a.bin": 2_000_000], pieceLength: 262_144)
    let settings = EngineRig.settings { $0.uploadRate = 160 << 10 }
    try await EngineRig.run([artifact.seeded()], settings: settings) { rig async throws in
      let peers = [try await rig.leecher(artifact), try await rig.leecher(artifact, from: "127.0.0.5")]
      let blocks = artifact.blocks.prefix(64)
      for peer in peers { try await peer.send(bytes: ScriptedPeer.encoded(blocks.map { .request($0) })) }
      try await eventually("both waiting") { rig.engine.core.limiter.waitingCount == 2 ? () : nil }
      #expect(await rig.uploads() == [0, 0])
      let isGranting = rig.engine.core.isGranting.load(ordering: .relaxed)
      #expect(isGranting)
      // One block's tokens at a time, as they come in real life.
      for step in 1...24 {
        rig.clock.advance(by: .milliseconds(100))
        let least = Int64(step) * (16 << 10)
        let total = try await eventually("step \(step)") {
          let total = await rig.uploads().reduce(0, +)
          return total >= least ? total : nil
        }
        // A taking may go below zero by one block.
        #expect(total <= least + (16 << 10))
      }
      let gains = await rig.uploads()
      #expect(gains.allSatisfy { $0 >= 11 * (16 << 10) }, "\(gains)")
      #expect((rig.engine.limits["throttled_batches"] ?? 0) > 0)
      // So that the end need not wait for tokens.
      for peer in peers { try await peer.close() }
      try await rig.connections(0)
      #expect(rig.engine.core.limiter.waitingCount == 0)
      // The clockwork ran for them alone.
      try await eventually("a clockwork that rests") { rig.engine.core.isGranting.load(ordering: .relaxed) ? nil : () }
    }
  }

  @Test
  func aPrincipalsConnectionsShareItsRateAndAnotherPrincipalHasItsOwn() async throws {
    let artifact = try TestArtifact(["a.bin": 2_000_000], pieceLength: 262_144)
    let settings = EngineRig.settings { $0.uploadRatePerPrincipal = 160 << 10 }
    try await EngineRig.run([artifact.seeded()], settings: settings) { rig async throws in
      let peers = [
        try await rig.leecher(artifact), try await rig.leecher(artifact), try await rig.leecher(artifact, from: "127.0.0.5"),
      ]
      for peer in peers { try await peer.send(bytes: ScriptedPeer.encoded(artifact.blocks.prefix(64).map { .request($0) })) }
      try await eventually("all waiting") { rig.engine.core.limiter.waitingCount == 3 ? () : nil }
      for step in 1...12 {
        rig.clock.advance(by: .milliseconds(100))
        let least = Int64(step) * (16 << 10)
        let uploads = try await eventually("step \(step)") {
          let uploads = await rig.uploads()
          return uploads[0] + uploads[1] >= least && uploads[2] >= least ? uploads : nil
        }
        #expect(uploads[0] + uploads[1] <= least + (16 << 10) && uploads[2] <= least + (16 << 10))
      }
      for peer in peers { try await peer.close() }
      try await rig.connections(0)
    }
  }

  @Test
  func onePrincipalHasNoMoreConnectionsThanItsCap() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()], settings: EngineRig.settings { $0.connectionsPerPrincipal = 1 }) { rig async throws in
      let first = try await rig.leecher(artifact)
      let second = try await ScriptedPeer.dial(rig.address)
      try await second.send(bytes: ScriptedPeer.handshake(artifact.infoHash))
      try await second.end()
      // It is told nothing.
      #expect(try await second.receivedBytes() == 0)
      #expect(rig.refusals.map(\.reason) == ["1 connections of this principal are open (limits.per-principal)"])
      #expect(rig.refusals.first?.operation == "limit")
      #expect(rig.engine.limits["refused_connections_per_principal"] == 1)
      #expect(try await rig.leecher(artifact, from: "127.0.0.5").isAlive(artifact))
      try await first.close()
      try await rig.connections(1)
      #expect(try await rig.leecher(artifact).isAlive(artifact))
    }
  }

  @Test
  func aPeerThatDripsItsHandshakeGetsNoMoreTime() async throws {
    try await EngineRig.run([]) { rig async throws in
      let peer = try await ScriptedPeer.dial(rig.address)
      try await rig.connections(1)
      for byte in ScriptedPeer.handshake(try TestArtifact().infoHash).prefix(11) {
        try await peer.send(bytes: [byte])
        rig.clock.advance(by: .seconds(1))
        await rig.engine.tick()
      }
      try await peer.end()
      #expect(rig.engine.limits["handshake_timeouts"] == 1)
    }
  }

  @Test
  func slotsGoRound() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()], settings: EngineRig.settings { $0.uploadSlots = .fixed(1) }) { rig async throws in
      let first = try await rig.leecher(artifact)
      await rig.engine.tick()
      let second = try await rig.peer(artifact)
      try await second.send(.interested)
      try await rig.interested(2)
      #expect(await rig.engine.peers().map(\.isChoked) == [false, true])
      rig.clock.advance(by: .seconds(10))
      await rig.engine.tick()
      try await second.wait(for: .unchoke)
      try await first.wait(for: .choke)
      rig.clock.advance(by: .seconds(10))
      await rig.engine.tick()
      try await first.wait(for: .unchoke)
      try await second.wait(for: .choke)
    }
  }

  @Test
  func otherLimitsHoldForThePeersThatAreThere() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peers = [try await rig.leecher(artifact), try await rig.leecher(artifact)]
      rig.engine.replace(
        settings: EngineRig.settings { settings in
          (settings.uploadSlots, settings.connections, settings.uploadRate) = (.fixed(1), 2, 1 << 20)
        })
      try await eventually("one choked peer") { await rig.engine.peers().count { $0.isChoked } == 1 ? () : nil }
      try await ScriptedPeer.dial(rig.address).end()
      rig.engine.replace(settings: EngineRig.settings())
      try await eventually("no choked peer") { await rig.engine.peers().allSatisfy { !$0.isChoked } ? () : nil }
      for peer in peers { #expect(try await peer.isAlive(artifact)) }
      #expect(try await rig.leecher(artifact).isAlive(artifact))
    }
  }
}

extension EngineRig {
  /// Bytes sent to each connection, oldest first.
  func uploads() async -> [Int64] { await engine.peers().map(\.uploaded) }
}
