import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// A plugin that goes past its budget, in a running engine: what its peers and the others notice.
struct EngineTrippingTests {
  private struct Broken: Error, CustomStringConvertible { let description = "broken on purpose" }

  private static func failingTick(_ change: (inout RecordingScript) -> Void = { _ in }) -> RecordingPlugin {
    var script = RecordingScript()
    script.acts[.tick] = { peer in if peer == nil { throw Broken() } }
    change(&script)
    return RecordingPlugin(script: script)
  }

  private static func pipeline(_ plugin: RecordingPlugin, _ onError: OnError, generation: UInt64) throws -> Pipeline {
    let installed = InstalledPlugin(
      name: "recording", plugin: plugin, place: "test.yaml:1:1", onError: onError, budget: .init(faults: 3))
    return try Pipeline(plugins: [installed], generation: generation)
  }

  @Test func aTrippedGuardDeniesThoseThatComeAndThoseThatAreThere() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      rig.engine.replace(pipeline: try Self.pipeline(Self.failingTick { $0.guards = [.connect] }, .deny, generation: 2))
      let peer = try await rig.leecher(artifact)
      for _ in 0..<3 { await rig.engine.tick() }
      try await peer.end()
      let row = try #require(try await rig.rows { $0.verdict == "tripped" }.first)
      #expect(row.plugin == "recording" && row.place == "test.yaml:1:1" && row.generation == 2)
      #expect(row.reason.contains("tick: broken on purpose") && row.reason.contains("on-error: deny holds"))
      #expect(rig.journal.records.filter { $0.verdict == "tripped" }.count == 1)
      let refused = try await ScriptedPeer.dial(rig.address)
      try await refused.end()
      #expect(try await refused.receivedBytes() == 0)
      let denials = rig.journal.records.filter { $0.verdict == "deny" && $0.rule == "tripped" }
      #expect(denials.count == 2 && denials.allSatisfy { $0.reason.hasPrefix("plugin recording is tripped: more than 3 faults") })
    }
  }

  @Test func aGuardThatIsTrippedWhileItThinksLetsNobodyIn() async throws {
    let artifact = try TestArtifact()
    let gate = Gate()
    let plugin = Self.failingTick { script in
      script.guards = [.connect]
      script.admit = { _ in
        await gate.wait()
        return .allow("asked before the trip")
      }
    }
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      rig.engine.replace(pipeline: try Self.pipeline(plugin, .deny, generation: 2))
      let peer = try await ScriptedPeer.dial(rig.address)
      try await peer.send(bytes: ScriptedPeer.handshake(artifact.infoHash))
      await plugin.log.wait(for: .admit)
      for _ in 0..<5 { await rig.engine.tick() }
      gate.open()
      try await peer.end()
      #expect(try await peer.receivedBytes() == 0)
      #expect(try await rig.rows { $0.verdict == "deny" }.allSatisfy { $0.rule == "tripped" })
    }
  }

  @Test(arguments: [OnError.allow, .skip])
  func whereOnErrorSaysSoPeersNoticeNothing(onError: OnError) async throws {
    let artifact = try TestArtifact()
    let plugin = Self.failingTick { script in
      script.guards = [.connect]
      script.judge = { _, _ in .allow("all") }
    }
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      rig.engine.replace(pipeline: try Self.pipeline(plugin, onError, generation: 2))
      let peer = try await rig.leecher(artifact)
      for _ in 0..<5 { await rig.engine.tick() }
      #expect(rig.engine.pipeline.plugins.first?.isTripped == true)
      let asked = plugin.log.calls(of: .judge).count
      #expect(try await peer.isAlive(artifact))
      #expect(try await rig.leecher(artifact).isAlive(artifact))
      #expect(plugin.log.calls(of: .judge).count == asked, "it is asked no more")
    }
  }

  @Test func aHandlerThatIsLateIsTrippedAndItsPeersGetNoBlocks() async throws {
    let artifact = try TestArtifact()
    let late = LateClock()
    var script = RecordingScript()
    script.acts[.onHave] = { _ in late.pass(.milliseconds(150)) }
    let plugin = RecordingPlugin(script: script)
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      late.set(rig.clock)
      rig.engine.replace(pipeline: try Self.pipeline(plugin, .deny, generation: 2))
      let peer = try await rig.leecher(artifact)
      #expect(try await peer.isAlive(artifact))
      try await peer.send(.have(0), .have(1), .have(0), .have(1))
      _ = try await rig.rows { $0.verdict == "tripped" && $0.reason.contains("on_have took") }
      let other = try await rig.peer(artifact)
      try await other.send(.interested)
      try await other.wait(for: .unchoke)
      try await other.send(.request(artifact.blocks[0]))
      try await other.wait(for: .reject(artifact.blocks[0]))
      #expect(try await rig.rows { $0.rule == "tripped" }.allSatisfy { $0.operation == "request" })
    }
  }

  @Test func aReloadMakesThePluginAnewAndClosesWhatItsTrippedFormerSelfHandled() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      rig.engine.replace(pipeline: try Self.pipeline(Self.failingTick(), .skip, generation: 2))
      let peer = try await rig.leecher(artifact)
      for _ in 0..<5 { await rig.engine.tick() }
      #expect(try await peer.isAlive(artifact))
      rig.engine.replace(pipeline: try Self.pipeline(RecordingPlugin(), .skip, generation: 3))
      try await peer.end()
      let rows = try await rig.rows { $0.reason.contains("was tripped, and the policy is a new one") }
      #expect(rows.map(\.plugin) == ["recording"])
      #expect(try await rig.leecher(artifact).isAlive(artifact))
    }
  }

  @Test func peersCannotTripAPluginWithWhatItThrowsAtThem() async throws {
    let artifact = try TestArtifact()
    var script = RecordingScript()
    script.acts[.onHandshake] = { peer in if peer?.facts.address.ip.description == "127.0.0.2" { throw Broken() } }
    let plugin = RecordingPlugin(script: script)
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      rig.engine.replace(pipeline: try Self.pipeline(plugin, .deny, generation: 2))
      let peer = try await rig.leecher(artifact)
      for _ in 0..<20 {
        let broken = try await ScriptedPeer.dial(rig.address, from: "127.0.0.2")
        try await broken.send(bytes: ScriptedPeer.handshake(artifact.infoHash))
        try await broken.end()
      }
      #expect(try await peer.isAlive(artifact))
      #expect(rig.engine.pipeline.plugins.first?.isTripped == false)
      #expect(rig.engine.pipeline.plugins.first?.statistics.snapshot.faults[.onHandshake] == 20)
    }
  }
}

/// Lets time pass on a clock that is known later.
private final class LateClock: Sendable {
  private let clock = Mutex<ManualClock?>(nil)
  func set(_ clock: ManualClock) { self.clock.withLock { $0 = clock } }
  func pass(_ time: Duration) { clock.withLock { _ = $0?.advance(by: time) } }
}
