import Foundation
import Glibc
import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Storage
import TestSupport
import Testing

@testable import Engine

/// Files that change under the engine, and the end of the engine.
struct FaultTests {
  @Test
  func aTruncatedFileTakesItsArtifactOutOfServiceAndNoOther() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000])
    let other = try TestArtifact(id: 2, name: "other")
    try await EngineRig.run([artifact.seeded(), other.seeded()]) { rig async throws in
      let bystander = try await rig.leecher(other)
      let peer = try await rig.leecher(artifact)
      #expect(try await peer.isAlive(artifact))
      try #require(Glibc.truncate(artifact.folder.path("app/a.bin"), 100_000) == 0)
      let last = try #require(artifact.blocks.last)
      try await peer.send(.request(last))
      try await peer.end()
      let failure = try await eventually("the delegate's word") { rig.delegate.failures.first }
      #expect(failure.id == 1)
      #expect(failure.error.description.contains("a.bin"))
      try await eventually("one artifact") { rig.engine.totals.artifacts == 1 ? () : nil }
      #expect(try await bystander.isAlive(other))
    }
  }

  @Test
  func aFileReplacedWhileItIsServedIsFoundWithinATick() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000])
    let other = try TestArtifact(id: 2, name: "other")
    let recorder = RecordingPlugin()
    try await EngineRig.run([artifact.seeded(), other.seeded()], plugins: [recorder]) { rig async throws in
      let bystander = try await rig.leecher(other)
      let peer = try await rig.leecher(artifact)
      #expect(try await peer.isAlive(artifact))
      try artifact.folder.write([UInt8](repeating: 0, count: 400_000), to: "app/new")
      try #require(rename(artifact.folder.path("app/new"), artifact.folder.path("app/a.bin")) == 0)
      // Files are looked at once blocks have gone out.
      await rig.engine.tick()
      try await peer.end()
      let failure = try await eventually("the delegate's word") { rig.delegate.failures.first }
      #expect(failure.id == 1)
      #expect(try await bystander.isAlive(other))
      #expect(recorder.log.calls(of: .onState).first?.detail.hasPrefix("out of service") == true)
    }
  }

  @Test
  func aFileThatWasReplacedBeforeIsNeverServed() async throws {
    let artifact = try TestArtifact(["a.bin": 40_000])
    try artifact.folder.write([UInt8](repeating: 0, count: 40_000), to: "app/a.bin")
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(.request(artifact.blocks[0]))
      let last = try await peer.end()
      #expect(!last.contains { if case .piece = $0 { true } else { false } })
      #expect(try await eventually("the delegate's word") { rig.delegate.failures.first }.id == 1)
    }
  }

  @Test
  func aFileThatFailsAHashRequestTakesItsArtifactOutOfServiceToo() async throws {
    let artifact = try TestArtifact(["a.bin": 300_000], pieceLength: 131_072, version: .v2)
    let root = try #require(artifact.torrent.layout.files.first?.piecesRoot)
    try artifact.folder.write([UInt8](repeating: 0, count: 300_000), to: "app/a.bin")
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.peer(artifact, reserved: .ours(v2: true))
      // Hashes of blocks are read from the file.
      try await peer.send(.hashRequest(HashRequest(piecesRoot: root, baseLayer: 0, index: 0, length: 8, proofLayers: 0)))
      let last = try await peer.end()
      #expect(!last.contains { if case .hashes = $0 { true } else { false } })
      #expect(try await eventually("the delegate's word") { rig.delegate.failures.first }.id == 1)
    }
  }

  @Test
  func anArtifactThatIsPutInServiceAgainReplacesTheFormer() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded(have: Bitfield(count: 3))]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.wait(for: .haveNone)
      rig.engine.add(artifact.seeded())
      try await peer.end()
      #expect(try await rig.leecher(artifact).isAlive(artifact))
      #expect(rig.engine.totals.artifacts == 1)
    }
  }

  @Test
  func drainingSendsWhatIsQueuedAndTakesNothingNew() async throws {
    let artifact = try TestArtifact(["a.bin": 1_000_000], pieceLength: 262_144)
    let (block, count) = (Block(piece: 0, offset: 0, length: 131_072), 200)
    try await EngineRig.run([artifact.seeded()], drain: .seconds(120)) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.stopReading()
      try await peer.send(bytes: ScriptedPeer.encoded([PeerMessage](repeating: .request(block), count: count)))
      try await eventually("requests that wait") { await rig.engine.peers().first?.queued ?? 0 > 50 ? () : nil }
      async let stopped: Void = rig.engine.stop(drain: .seconds(120))
      try await eventually("draining") { await rig.engine.peers().first?.phase == "draining" ? () : nil }
      try await peer.resumeReading()
      for _ in 0..<count { #expect(try await peer.block(block).count == 131_072) }
      try await peer.end()
      await stopped
      #expect(rig.engine.totals.uploaded == Int64(count) * 131_072)
    }
  }

  @Test
  func aDrainEndsAsSoonAsEverythingIsOut() async throws {
    let artifact = try TestArtifact(["a.bin": 1_000_000], pieceLength: 262_144)
    let blocks = Array(artifact.blocks.prefix(12))
    // A block comes with each step of the clock: the others wait.
    try await EngineRig.run([artifact.seeded()], settings: EngineRig.settings { $0.uploadRate = 160 << 10 }) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(bytes: ScriptedPeer.encoded(blocks.map { .request($0) }))
      for block in blocks.prefix(8) {
        rig.clock.advance(by: .milliseconds(120))
        #expect(try await peer.block(block) == artifact.bytes(of: block))
      }
      async let stopped: Void = rig.engine.stop(drain: .seconds(60))
      try await eventually("draining") { await rig.engine.peers().first?.phase == "draining" ? () : nil }
      for block in blocks.dropFirst(8) {
        rig.clock.advance(by: .milliseconds(120))
        #expect(try await peer.block(block) == artifact.bytes(of: block))
      }
      // No tick has come.
      try await peer.end()
      await stopped
    }
  }

  @Test
  func aDrainEndsAtItsDeadline() async throws {
    let artifact = try TestArtifact(["a.bin": 1_000_000], pieceLength: 262_144)
    let block = Block(piece: 0, offset: 0, length: 131_072)
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.stopReading()
      try await peer.send(bytes: ScriptedPeer.encoded([PeerMessage](repeating: .request(block), count: 400)))
      try await eventually("requests that wait") { await rig.engine.peers().first?.queued ?? 0 > 100 ? () : nil }
      await rig.engine.stop(drain: .milliseconds(10))
      #expect(rig.engine.totals.connections == 0)
    }
  }

  @Test
  func nothingIsLeftOfConnectionsAndSwarms() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()], plugins: [RecordingPlugin()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      #expect(try await peer.isAlive(artifact))
      let core = rig.engine.core
      let swarm = WeakBox(core.swarms[1])
      let connections = try await rig.weakConnections()
      #expect(connections.count == 1 && connections.allSatisfy { $0.value != nil } && swarm.value != nil)
      rig.engine.remove(1, reason: "the end")
      try await peer.end()
      try await eventually("nothing left") { swarm.value == nil && connections.allSatisfy { $0.value == nil } ? () : nil }
    }
  }

  @Test
  func anAddressThatIsTakenIsSaidAndNothingListens() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let settings = EngineRig.settings { settings in
        settings.listen = [ListenAddress(host: "127.0.0.1", port: 0), ListenAddress(host: "127.0.0.1", port: Int(rig.address.port))]
      }
      await #expect(throws: ListenFailure.self) { try await EngineRig.run([], settings: settings) { _ in } }
    }
  }
}

/// Refers to an object without keeping it.
final class WeakBox<Value: AnyObject>: @unchecked Sendable {
  // Weak references are safe to read from any thread, and this one is never written.
  private(set) weak var value: Value?
  init(_ value: Value?) { self.value = value }
}

extension EngineRig {
  func weakConnections() async throws -> [WeakBox<PeerConnection>] {
    var boxes: [WeakBox<PeerConnection>] = []
    for handle in engine.core.loops {
      boxes += try await handle.eventLoop.submit { handle.bound.value.connections.values.map(WeakBox.init) }.get()
    }
    return boxes
  }
}
