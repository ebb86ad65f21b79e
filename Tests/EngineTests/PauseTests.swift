import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Storage
import TestSupport
import Testing

@testable import Engine

/// Pausing and resuming an artifact that has peers.
struct PauseTests {
  @Test
  func peersAreChokedWhileItIsPausedAndServedAgainAfterwards() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      #expect(rig.engine.pause(1) == .done)
      #expect(rig.engine.pause(1) == .unchanged)
      #expect(rig.engine.isPaused(1))
      try await peer.wait(for: .choke)
      try await peer.send(.request(artifact.blocks[0]))
      try await peer.wait(for: .reject(artifact.blocks[0]))
      // Interest alone does not unchoke it.
      try await peer.send(.notInterested, .interested, .request(artifact.blocks[1]))
      try await peer.wait(for: .reject(artifact.blocks[1]))
      #expect(rig.engine.resume(1) == .done)
      try await peer.wait(for: .unchoke)
      #expect(try await peer.isAlive(artifact))
      #expect(rig.engine.resume(1) == .unchanged)
      #expect(rig.engine.pause(9) == .unknown)
    }
  }

  @Test
  func whatIsPausedOrResumedWhileItIsNotInServiceIsSoWhenItComes() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([]) { rig async throws in
      #expect(rig.engine.pause(1) == .unknown)
      rig.engine.add(artifact.seeded())
      #expect(rig.engine.isPaused(1) && rig.engine.resume(1) == .done)
      #expect(rig.engine.pause(1) == .done)
      rig.engine.remove(1, reason: "its file has changed")
      #expect(rig.engine.resume(1) == .unknown)
      rig.engine.add(artifact.seeded())
      #expect(!rig.engine.isPaused(1))
      _ = try await rig.leecher(artifact)
    }
  }

  @Test
  func allowedFastBlocksAndMetadataAreNotGivenWhileItIsPaused() async throws {
    let artifact = try TestArtifact()
    var script = RecordingScript()
    script.extendedMessages = [ExtendedMessage(name: MetadataMessage.name, maximumSize: 20_000)]
    script.acts[.onHandshake] = { $0?.allowFast(0) }
    script.request = { peer, _ in .postpone(until: peer.now + .seconds(1)) }
    let plugin = RecordingPlugin(script: script)
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.wait(for: .allowedFast(0))
      var hello = ExtendedHandshake()
      hello.messages = [MetadataMessage.name: 7]
      try await peer.send(hello)
      try await peer.send(.request(artifact.blocks[0]))
      await plugin.log.wait(for: .onRequest)
      #expect(rig.engine.pause(1) == .done)
      try await peer.wait(for: .reject(artifact.blocks[0]))
      var (question, answer) = (ByteBuffer(), ByteBuffer())
      MetadataMessage.request(piece: 0).encode(into: &question)
      MetadataMessage.reject(piece: 0).encode(into: &answer)
      try await peer.send(.extended(id: 1, question))
      try await peer.wait(for: .extended(id: 7, answer))
      #expect(plugin.log.calls(of: .onExtended).isEmpty)
    }
  }

  @Test
  func aPausedArtifactIsNoneToNewcomersAndPluginsAreToldItsState() async throws {
    let (artifact, other) = (try TestArtifact(), try TestArtifact(id: 2, name: "other"))
    let plugin = RecordingPlugin()
    try await EngineRig.run([artifact.seeded(), other.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      #expect(rig.engine.pause(1) == .done)
      let newcomer = try await ScriptedPeer.dial(rig.address)
      try await newcomer.send(bytes: ScriptedPeer.handshake(artifact.infoHash))
      try await newcomer.end()
      #expect(try await newcomer.receivedBytes() == 0)
      _ = try await rig.rows { $0.reason == "the artifact cannot be served now: it is paused" }
      #expect(try await rig.leecher(other).isAlive(other))
      // Another state of it stays paused.
      rig.engine.add(artifact.seeded())
      try await peer.end()
      #expect(rig.engine.isPaused(1))
      rig.engine.resume(1)
      #expect(try await rig.leecher(artifact).isAlive(artifact))
      #expect(plugin.log.calls(of: .onState).contains { $0.detail == "paused" })
    }
  }

  @Test(arguments: [Hook.onPause, .onResume])
  func aPluginThatHandlesItKeepsTheEngineFromActing(hook: Hook) async throws {
    let artifact = try TestArtifact()
    var script = RecordingScript()
    script.handlings[hook] = .handled
    try await EngineRig.run([artifact.seeded()], plugins: [RecordingPlugin(script: script)]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      #expect(rig.engine.pause(1) == (hook == .onPause ? .handledByPlugin : .done))
      #expect(rig.engine.isPaused(1) == (hook == .onResume))
      if hook == .onPause {
        #expect(try await peer.isAlive(artifact))
      } else {
        #expect(rig.engine.resume(1) == .handledByPlugin)
        #expect(rig.engine.isPaused(1))
      }
    }
  }

  @Test
  func aPluginThatThrowsIsCountedAndStopsNothing() async throws {
    let artifact = try TestArtifact()
    var script = RecordingScript()
    script.acts[.onPause] = { _ in throw Refusal(plugin: "recording", reason: "no") }
    try await EngineRig.run([artifact.seeded()], plugins: [RecordingPlugin(script: script)]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      #expect(rig.engine.pause(1) == .done)
      try await peer.wait(for: .choke)
      #expect(rig.engine.pipeline.plugins.first?.statistics.snapshot.faults[.onPause] == 1)
    }
  }

  @Test
  func hashesThatWereBeingReadWhenItWasPausedAreNotGiven() async throws {
    let artifact = try TestArtifact(["a.bin": 200_000], version: .v2)
    let root = try #require(artifact.torrent.pieceLayers.keys.first)
    let request = HashRequest(piecesRoot: root, baseLayer: 1, index: 0, length: 8, proofLayers: 0)
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.peer(artifact, reserved: .ours(v2: true))
      let blockade = DiskBlockade(rig.engine.core.disk, artifact.reader.device)
      defer { blockade.lift() }
      try await peer.send(.hashRequest(request))
      try await eventually("a hash request under way") { rig.engine.core.hashJobs.isEmpty ? nil : () }
      #expect(rig.engine.pause(1) == .done)
      blockade.lift()
      try await peer.wait(for: .hashReject(request))
    }
  }
}
