import Metainfo
import PeerProtocol
import PluginKit
import Storage
import TestSupport
import Testing

@testable import Engine

/// Artifacts that are in memory only while somebody wants them.
struct OnDemandTests {
  private struct DatabaseIsBusy: Error, CustomStringConvertible {
    let description = "the inventory is locked"
  }

  /// Runs the body with an engine that has the artifacts in service, and none of them in memory.
  private func run(
    _ source: CountingSource, _ artifacts: [SeededArtifact], plugins: [any Plugin] = [],
    settings: EngineSettings = EngineRig.settings(), _ body: @Sendable (EngineRig) async throws -> Void
  ) async throws {
    try await EngineRig.run([], plugins: plugins, settings: settings, source: source) { rig async throws in
      rig.engine.add(artifacts.map(\.served))
      try await body(rig)
    }
  }

  private func dial(_ rig: EngineRig, _ infoHash: SHA1Digest) async throws -> ScriptedPeer {
    let peer = try await ScriptedPeer.dial(rig.address)
    try await peer.send(bytes: ScriptedPeer.handshake(infoHash))
    return peer
  }

  private func bytesUntilEnd(_ rig: EngineRig, _ infoHash: SHA1Digest) async throws -> Int {
    let peer = try await dial(rig, infoHash)
    try await peer.end()
    return try await peer.receivedBytes()
  }

  @Test func `Many who ask for a cold artifact share one load`() async throws {
    let artifact = try TestArtifact()
    let source = CountingSource(artifact.seeded())
    try await run(source, [artifact.seeded()]) { rig async throws in
      #expect(rig.engine.totals.artifacts == 1 && !rig.engine.loaded.contains(1))
      source.close()
      var peers: [ScriptedPeer] = []
      for _ in 0..<5 { peers.append(try await dial(rig, artifact.infoHash)) }
      try await eventually("a load") { source.loads.isEmpty ? nil : () }
      try await rig.connections(5)
      for peer in peers { #expect(try await peer.receivedBytes() == 0) }
      source.open()
      for peer in peers {
        _ = try await peer.nextHandshake()
        try await peer.send(.interested)
        try await peer.wait(for: .unchoke)
        #expect(try await peer.isAlive(artifact))
      }
      #expect(source.loads == [1])
    }
  }

  @Test func `It leaves memory some time after the last peer and comes back with the next`() async throws {
    let artifact = try TestArtifact()
    let source = CountingSource(artifact.seeded())
    try await run(source, [artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      #expect(try await peer.isAlive(artifact))
      rig.clock.advance(by: .seconds(59))
      await rig.engine.tick()
      #expect(rig.engine.loaded.contains(1))
      try await peer.close()
      try await rig.connections(0)
      let sent = rig.engine.uploaded(of: 1)
      #expect(sent > 0)
      // A peer that comes back soon makes us read nothing.
      let second = try await rig.leecher(artifact)
      try await second.close()
      try await rig.connections(0)
      #expect(source.loads == [1])
      rig.clock.advance(by: .seconds(61))
      await rig.engine.tick()
      #expect(!rig.engine.loaded.contains(1) && rig.engine.isServing(1))
      #expect(rig.engine.uploaded(of: 1) == sent)
      #expect(try await rig.leecher(artifact).isAlive(artifact))
      #expect(source.loads == [1, 1])
    }
  }

  @Test func `Unknown, forbidden and unloadable artifacts get the same silence`() async throws {
    let (forbidden, broken) = (try TestArtifact(name: "forbidden"), try TestArtifact(id: 2, name: "broken"))
    var script = RecordingScript()
    script.guards = [.connect]
    script.judge = { _, facts in facts.artifact?.name == "forbidden" ? .deny("not for you") : .allow("fine") }
    let source = CountingSource(forbidden.seeded(), broken.seeded())
    source.fail(2, DatabaseIsBusy())
    try await run(source, [forbidden.seeded(), broken.seeded()], plugins: [RecordingPlugin(script: script)]) { rig async throws in
      for infoHash in [SHA1Digest.zero, forbidden.infoHash, broken.infoHash] {
        let began = ContinuousClock.now
        #expect(try await bytesUntilEnd(rig, infoHash) == 0)
        // Neither is told at once, nor as soon as it is known.
        #expect(ContinuousClock.now - began >= .milliseconds(100))
      }
      #expect(source.unknownLoads == 1 && source.loads == [1, 2])
      #expect(
        rig.refusals.map(\.reason) == [
          "no artifact in service has this info-hash", "not for you", "the artifact cannot be served now: the inventory is locked",
        ])
      // It was nothing that the artifact can help: it is in service, and tried again.
      source.fail(2, nil)
      #expect(try await rig.leecher(broken).isAlive(broken))
      #expect(rig.delegate.failures.isEmpty)
    }
  }

  @Test func `Evidence that does not hold takes it out of service before anything is served`() async throws {
    let artifact = try TestArtifact()
    let source = CountingSource(artifact.seeded())
    source.fail(1, StorageError.missing(path: "/srv/app"))
    try await run(source, [artifact.seeded()]) { rig async throws in
      #expect(try await bytesUntilEnd(rig, artifact.infoHash) == 0)
      #expect(rig.delegate.failures.map(\.id) == [1])
      #expect(!rig.engine.isServing(1))
      #expect(try await bytesUntilEnd(rig, artifact.infoHash) == 0)
      #expect(source.loads == [1])
      #expect(rig.refusals.map(\.reason).last == "no artifact in service has this info-hash")
    }
  }

  @Test func `What is removed while it is loaded is not served`() async throws {
    let artifact = try TestArtifact()
    let source = CountingSource(artifact.seeded())
    try await run(source, [artifact.seeded()]) { rig async throws in
      source.close()
      let peer = try await dial(rig, artifact.infoHash)
      try await eventually("a load") { source.loads.isEmpty ? nil : () }
      rig.engine.remove(1, reason: "removed by hand")
      source.open()
      try await peer.end()
      #expect(try await peer.receivedBytes() == 0)
      #expect(rig.refusals.map(\.reason) == ["no artifact in service has this info-hash"])
      #expect(!rig.engine.loaded.contains(1))
    }
  }

  @Test func `What is replaced while it is loaded is loaded again`() async throws {
    let (former, artifact) = (try TestArtifact(["a.bin": 70_000]), try TestArtifact(["a.bin": 70_000]))
    let half = former.seeded(have: Bitfield(count: former.layout.pieceCount))
    let source = CountingSource(half)
    try await run(source, [half]) { rig async throws in
      source.close()
      let peer = try await dial(rig, artifact.infoHash)
      try await eventually("a load") { source.loads.isEmpty ? nil : () }
      source.replace(artifact.seeded())
      rig.engine.add([artifact.seeded().served])
      source.open()
      _ = try await peer.nextHandshake()
      try await peer.send(.interested)
      try await peer.wait(for: .unchoke)
      #expect(try await peer.isAlive(artifact))
      #expect(source.loads == [1, 1])
    }
  }

  @Test func `A dialed peer gets an artifact that was not in memory`() async throws {
    let artifact = try TestArtifact()
    let source = CountingSource(artifact.seeded())
    let listener = try await ScriptedListener()
    try await run(source, [artifact.seeded()], settings: EngineRig.settings { $0.dials = true }) { rig async throws in
      rig.engine.dial(try listener.address, artifact: 1, isStatic: true)
      await rig.engine.tick()
      let peer = try await listener.accept()
      #expect(try await peer.nextHandshake().infoHash == artifact.infoHash)
      try await peer.send(bytes: ScriptedPeer.handshake(artifact.infoHash) + ScriptedPeer.encoded([.haveNone, .interested]))
      try await peer.wait(for: .unchoke)
      #expect(try await peer.isAlive(artifact))
      #expect(source.loads == [1])
    }
    try await listener.close()
  }

  @Test func `A peer that goes while it waits leaves nothing behind`() async throws {
    let artifact = try TestArtifact()
    let source = CountingSource(artifact.seeded())
    try await run(source, [artifact.seeded()]) { rig async throws in
      source.close()
      let peer = try await dial(rig, artifact.infoHash)
      try await eventually("a load") { source.loads.isEmpty ? nil : () }
      try await peer.close()
      try await rig.connections(0)
      source.open()
      // Nobody waits for it any more; the next one that asks has it all the same.
      let next = try await rig.leecher(artifact)
      #expect(try await next.isAlive(artifact))
      try await next.close()
      try await eventually("the swarm's rest") { rig.engine.core.swarms[1]?.isIdle == true ? () : nil }
      rig.clock.advance(by: .seconds(61))
      await rig.engine.tick()
      #expect(!rig.engine.loaded.contains(1))
    }
  }

  @Test func `Devices that hang do not keep artifacts of others from being loaded`() async throws {
    let hung = try (1...6).map { try TestArtifact(id: Int64($0), name: "hung-\($0)", device: 7) }
    let sound = try TestArtifact(id: 9, name: "sound", device: 8)
    let source = CountingSource()
    for artifact in hung + [sound] { source.replace(artifact.seeded()) }
    try await run(source, (hung + [sound]).map { $0.seeded() }) { rig async throws in
      source.hang(device: 7)
      defer { source.open() }
      var peers: [ScriptedPeer] = []
      for artifact in hung { peers.append(try await dial(rig, artifact.infoHash)) }
      try await eventually("the loads") { source.loads.count == hung.count ? () : nil }
      #expect(try await bytesUntilEnd(rig, .zero) == 0)
      let peer = try await dial(rig, sound.infoHash)
      _ = try await peer.nextHandshake()
      source.open()
      for peer in peers { _ = try await peer.nextHandshake() }
    }
  }

  @Test func `A hundred thousand artifacts are told apart and cost a tick nothing`() async throws {
    let artifact = try TestArtifact()
    let source = CountingSource(artifact.seeded())
    try await run(source, []) { rig async throws in
      let others = (2...100_000).map { id in
        ServedArtifact(id: Int64(id), wire: [SHA1Digest.hash(of: withUnsafeBytes(of: id, Array.init))], missing: Int64(id % 2))
      }
      rig.engine.add(others + [artifact.seeded().served])
      #expect(rig.engine.totals.artifacts == 100_000)
      #expect(rig.engine.missing(of: 1001) == 1 && rig.engine.missing(of: 1002) == 0)
      await rig.engine.tick()
      #expect(try await rig.leecher(artifact).isAlive(artifact))
      rig.engine.remove(1001, reason: "by hand")
      #expect(!rig.engine.isServing(1001) && rig.engine.isServing(1002) && rig.engine.totals.artifacts == 99_999)
      #expect(source.loads == [1])
    }
  }
}
