import Metainfo
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Engine

/// A plugin in shadow, in a connection.
struct ShadowTests {
  private static func pipeline(_ script: RecordingScript, generation: UInt64 = 2) throws -> Pipeline {
    try Pipeline(
      plugins: [InstalledPlugin(name: "tried", plugin: RecordingPlugin(script: script), place: "test.yaml:9:5", mode: .shadow)],
      generation: generation)
  }

  @Test func aPeerThatAGuardInShadowRefusesIsServedAndJournalled() async throws {
    let artifact = try TestArtifact(["a": 32_768])
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      var script = RecordingScript()
      script.guards = [.connect, .request, .metadata]
      script.judge = { operation, _ in .deny("would be refused: \(operation.rawValue)", rule: "rules[3]") }
      script.request = { peer, _ in
        peer.choke()
        return .reject("not this block")
      }
      let pipeline = try Self.pipeline(script)
      rig.engine.replace(pipeline: pipeline)
      let peer = try await rig.leecher(artifact)
      let block = Block(piece: 0, offset: 0, length: 16_384)
      #expect(try await peer.fetch([block]) == [artifact.bytes(of: block)])
      let rows = rig.refusals
      #expect(
        rows.map { "\($0.verdict) \($0.operation)" } == [
          "shadow-deny connect", "shadow-deny request", "shadow-deny metadata", "shadow-reject request",
        ])
      #expect(rows.allSatisfy { $0.plugin == "tried" && $0.artifact != nil && $0.place == "test.yaml:9:5" && $0.generation == 2 })
      #expect(pipeline.plugins[0].statistics.snapshot.shadowed == 4)
    }
  }

  @Test func guardsInShadowThatWaitAreJournalledWhenTheyAnswer() async throws {
    let artifact = try TestArtifact(["a": 32_768])
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      var script = RecordingScript()
      script.guards = [.connect]
      script.admit = { _ in
        await Task.yield()
        return .deny("thought about it")
      }
      rig.engine.replace(pipeline: try Self.pipeline(script))
      _ = try await rig.leecher(artifact)
      let rows = try await rig.rows { $0.verdict == "shadow-deny" }
      #expect(rows.map(\.reason) == ["thought about it"])
    }
  }

  @Test func aPluginInShadowThatFailsKeepsNobodyAway() async throws {
    struct Broken: Error {}
    let artifact = try TestArtifact(["a": 32_768])
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let hooks: [Hook] = [.newTorrent, .onAuthorized, .newConnection, .onHandshake, .addHandshake, .onRequest]
      for (index, hook) in hooks.enumerated() {
        var script = RecordingScript()
        script.acts[hook] = { _ in throw Broken() }
        rig.engine.replace(pipeline: try Self.pipeline(script, generation: UInt64(index + 2)))
        let peer = try await rig.leecher(artifact)
        let block = Block(piece: 0, offset: 0, length: 16_384)
        #expect(try await peer.fetch([block]) == [artifact.bytes(of: block)], "\(hook)")
      }
    }
  }
}
