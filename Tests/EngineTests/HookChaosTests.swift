import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Engine

/// Plugins that throw and that are late, in every hook of the table: the node stays up, and what holds afterwards is what `on-error` says.
/// One after another: two hundred engines at once leave each other no turn for a minute.
@Suite(.serialized)
struct HookChaosTests {
  /// What comes before anything is disclosed: a throw there lets nobody in.
  private static let admission: [Hook] = [
    .judge, .admit, .converse, .newTorrent, .onFilesChecked, .onAuthorized, .newConnection, .onHandshake, .addHandshake,
  ]

  @Test func theLifeBringsEveryHookAbout() async throws {
    try await HookChaos.run(nil, .nothing) { chaos async throws in
      try await chaos.provoke { Set(chaos.recorder.log.calls.map(\.hook)).isSuperset(of: Hook.allCases) }
      #expect(!chaos.installed.isTripped)
    }
  }

  @Test(arguments: Hook.allCases.filter(HookChaos.canThrow))
  func aPluginThatThrowsHarmsItsPeersAndNobodyElse(hook: Hook) async throws {
    try await HookChaos.run(hook, .fail) { chaos async throws in
      let statistics = chaos.installed.statistics
      try await chaos.provoke { (statistics.snapshot.faults[hook] ?? 0) >= 2 || chaos.installed.isTripped }
      if chaos.installed.isTripped {
        #expect(statistics.trip?.reason.contains("\(hook.rawValue): broken on purpose") == true)
        try await expectNothing(chaos)
      } else if Self.admission.contains(hook) {
        try await expectNoBlock(chaos)
      }
      try await expectService(chaos)
    }
  }

  /// An `admit` may take its time: its deadline bounds it, and no answer in time is a refusal.
  @Test(arguments: Hook.allCases.filter { $0 != .admit }, OnError.allCases)
  func aPluginThatIsLateIsTrippedAndAnswersAsOnErrorSays(hook: Hook, onError: OnError) async throws {
    try await HookChaos.run(hook, .late, onError) { chaos async throws in
      try await chaos.provoke { chaos.installed.isTripped }
      #expect(chaos.installed.statistics.trip?.reason.contains("\(hook.rawValue) took") == true)
      switch onError {
      case .deny: try await expectNothing(chaos)
      case .allow, .skip: #expect(try await chaos.rig.leecher(chaos.whole).isAlive(chaos.whole))
      }
      try await expectService(chaos)
    }
  }

  /// Who comes to a plugin that is tripped gets not one byte.
  private func expectNothing(_ chaos: HookChaos) async throws {
    let peer = try await ScriptedPeer.dial(chaos.rig.address)
    try? await peer.send(bytes: ScriptedPeer.handshake(chaos.whole.infoHash))
    try await peer.end()
    #expect(try await peer.receivedBytes() == 0)
    #expect(try await chaos.rig.rows { $0.rule == "tripped" && $0.verdict == "deny" }.allSatisfy { $0.plugin == "chaos" })
  }

  /// Whom a plugin should have let in, and threw, gets no block.
  private func expectNoBlock(_ chaos: HookChaos) async throws {
    let peer = try await ScriptedPeer.dial(chaos.rig.address)
    let words: [PeerMessage] = [.haveNone, .interested, .request(chaos.whole.blocks[0])]
    try? await peer.send(bytes: ScriptedPeer.handshake(chaos.whole.infoHash) + ScriptedPeer.encoded(words))
    let received = try await peer.end()
    #expect(!received.contains { if case .piece = $0 { true } else { false } })
  }

  /// The node is up: with another policy it serves as before.
  private func expectService(_ chaos: HookChaos) async throws {
    chaos.rig.engine.replace(pipeline: try EngineRig.pipeline([RecordingPlugin()], generation: 3))
    #expect(try await chaos.rig.leecher(chaos.whole).isAlive(chaos.whole))
  }
}
