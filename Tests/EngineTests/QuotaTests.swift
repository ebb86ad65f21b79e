import Logging
import Metainfo
import PeerProtocol
import PluginKit
import Plugins
import TestSupport
import Testing

@testable import Engine

/// The quota plugin in the engine, with real links.
struct QuotaTests {
  private func quota(_ rules: LiteralValue, wall: WallClock, journal: TestJournal, store: any PluginStore) throws -> QuotaPlugin {
    let services = PluginServices(
      wallClock: { wall.now }, clock: { .now }, journal: journal, logger: Logger(label: "test"), folder: "/", store: store)
    return try QuotaPlugin(settings: LiteralSettings(rules).decode(QuotaSettings.self), services: services)
  }

  @Test
  func aPeerIsChokedWhenItsQuotaIsUsedUpAndServedAgainInTheNextWindow() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000], pieceLength: 262_144)
    let (wall, journal, store) = (WallClock(), TestJournal(), MemoryPluginStore())
    let plugin = try quota([["bytes": "64 KiB", "window": "1h"]], wall: wall, journal: journal, store: store)
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      #expect(try await peer.fetch(Array(artifact.blocks.prefix(4))).map(\.count) == [16_384, 16_384, 16_384, 16_384])
      try await peer.send(.request(artifact.blocks[5]), .request(artifact.blocks[6]))
      try await peer.wait(for: .choke)
      #expect(journal.records.map(\.rule) == ["quota[0]"])
      // Another connection of the principal is shown nothing; another principal is served.
      let second = try await rig.peer(artifact)
      try await second.wait(for: .haveNone)
      #expect(try await rig.leecher(artifact, from: "127.0.0.5").isAlive(artifact))
      wall.set(WallTime(nanoseconds: wall.now.nanoseconds + 3_600_000_000_000))
      await rig.engine.tick()
      try await peer.wait(for: .unchoke)
      #expect(try await peer.isAlive(artifact))
    }
    // What was really sent is what was counted: each principal's accounts hold nothing that is leased.
    #expect(store.keys.count == 2)
  }

  @Test
  func aQuotaThatAReloadAddsHoldsForPeersThatAreThere() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000], pieceLength: 262_144)
    let (wall, journal) = (WallClock(), TestJournal())
    let plugin = try quota([["bytes": "64 KiB", "window": "1h"]], wall: wall, journal: journal, store: MemoryPluginStore())
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      #expect(try await peer.isAlive(artifact))
      rig.engine.replace(pipeline: try EngineRig.pipeline([plugin], generation: 2))
      await rig.engine.tick()
      #expect(try await peer.fetch(Array(artifact.blocks.prefix(4))).count == 4)
      try await peer.send(.request(artifact.blocks[5]))
      try await peer.wait(for: .choke)
      #expect(journal.records.map(\.rule) == ["quota[0]"])
    }
  }

  @Test
  func whatIsPostponedAgainHoldsUpThoseBehindIt() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000], pieceLength: 262_144)
    var script = RecordingScript()
    script.request = { peer, _ in .postpone(until: peer.now + .seconds(1)) }
    let plugin = RecordingPlugin(script: script)
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      let blocks = Array(artifact.blocks.prefix(10))
      try await peer.send(bytes: ScriptedPeer.encoded(blocks.map { .request($0) }))
      try await eventually("ten postponed requests") { await rig.engine.peers().first?.queued == 10 ? () : nil }
      rig.clock.advance(by: .seconds(1))
      await rig.engine.tick()
      #expect(plugin.log.calls(of: .onRequest).map(\.detail) == (blocks + [blocks[0]]).map { "\($0)" })
      #expect(await rig.engine.peers().first?.queued == 10)
    }
  }

  @Test
  func whatARatePostponesIsSentInTime() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000], pieceLength: 262_144)
    let wall = WallClock()
    let plugin = try quota([["rate": "64 KiB/s"]], wall: wall, journal: TestJournal(), store: MemoryPluginStore())
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      let blocks = Array(artifact.blocks.prefix(4))
      try await peer.send(bytes: ScriptedPeer.encoded(blocks.map { .request($0) }))
      // A quarter of a second is saved up, a block and one more: the others wait.
      for block in blocks.prefix(2) { #expect(try await peer.block(block) == artifact.bytes(of: block)) }
      #expect(await rig.engine.peers().first?.queued == 2)
      wall.set(WallTime(nanoseconds: wall.now.nanoseconds + 1_000_000_000))
      rig.clock.advance(by: .seconds(1))
      for block in blocks.suffix(2) { #expect(try await peer.block(block) == artifact.bytes(of: block)) }
    }
  }
}
