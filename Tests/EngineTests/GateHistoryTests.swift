import Logging
import Metainfo
import PeerProtocol
import PluginKit
import Plugins
import TestSupport
import Testing

@testable import Engine

/// Gates that look at what peers have had so far, with real links.
struct GateHistoryTests {
  private func gate(_ rules: LiteralValue, store: any PluginStore = MemoryPluginStore()) throws -> GatePlugin {
    let services = PluginServices(
      wallClock: { PolicyFixtures.noon }, clock: { .now }, journal: TestJournal(), logger: Logger(label: "test"), folder: "/", store: store)
    return try GatePlugin(settings: LiteralSettings(rules).decode(GateSettings.self), services: services)
  }

  @Test
  func aPeerIsGivenItsFirstBytesAndThenGoes() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000], pieceLength: 262_144)
    let plugin = try gate(["on_request": [["when": ["bytes-below": "64 KiB"]]]])
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      #expect(try await peer.fetch(Array(artifact.blocks.prefix(4))).map(\.count) == [16_384, 16_384, 16_384, 16_384])
      try await peer.send(.request(artifact.blocks[5]), .request(artifact.blocks[6]))
      let rest = try await peer.end()
      #expect(!rest.contains { if case .piece = $0 { true } else { false } }, "not a byte more")
      let row = try #require(rig.refusals.last)
      #expect(row.operation == "request" && row.reason.contains("is for who has had less than 64 KiB"))
      #expect(row.facts?.history?.bytes == 65_536 && !row.isUnmatched)
      // Another connection of the principal is refused at once; another principal is served.
      let second = try await ScriptedPeer.dial(rig.address)
      try await second.send(bytes: ScriptedPeer.handshake(artifact.infoHash, reserved: .ours(v2: false)))
      #expect(try await second.end().isEmpty)
      #expect(try await rig.leecher(artifact, from: "127.0.0.5").isAlive(artifact))
    }
  }

  @Test
  func theNextRuleGoesOnWhereTheFirstEnds() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000], pieceLength: 262_144)
    let plugin = try gate(["on_request": [["when": ["bytes-below": "64 KiB"]], [:]]])
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      for block in artifact.blocks.prefix(4) { #expect(try await peer.fetch([block]) == [artifact.bytes(of: block)]) }
      try await peer.send(.request(artifact.blocks[5]))
      // It waits for a moment, and is asked about again by the engine's second.
      try await eventually("the block that the next rule gives") { () async throws -> Void? in
        rig.clock.advance(by: .seconds(1))
        await rig.engine.tick()
        return await rig.engine.peers().first?.uploaded == 5 * 16_384 ? () : nil
      }
      #expect(rig.refusals.isEmpty)
    }
  }

  @Test
  func whoHasManyConnectionsIsRefusedAnother() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000], pieceLength: 262_144)
    let plugin = try gate(["connect": [["when": ["connections-below": 2]]]])
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let first = try await rig.leecher(artifact)
      let second = try await rig.leecher(artifact)
      let third = try await ScriptedPeer.dial(rig.address)
      try await third.send(bytes: ScriptedPeer.handshake(artifact.infoHash, reserved: .ours(v2: false)))
      #expect(try await third.end().isEmpty)
      let row = try #require(rig.refusals.last)
      #expect(row.operation == "connect" && row.facts?.history?.connections == 2)
      // Those that are there stay when they are judged again.
      rig.engine.judgeAgain()
      await rig.engine.tick()
      #expect(try await first.isAlive(artifact))
      #expect(try await second.isAlive(artifact))
      try await second.close()
      try await rig.connections(1)
      #expect(try await rig.leecher(artifact).isAlive(artifact))
    }
  }
}
