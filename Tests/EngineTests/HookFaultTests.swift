import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Engine

/// A throw in a hook closes that connection alone and names the plugin; acts asked for in hooks run after the event.
struct HookFaultTests {
  struct Broken: Error, CustomStringConvertible { let description = "broken on purpose" }

  /// What a peer sends so that the hook is called.
  private static let triggers: [(hook: Hook, messages: [PeerMessage])] = [
    (.onAuthorized, []), (.newTorrent, []), (.newConnection, []), (.addHandshake, []), (.onHandshake, []),
    (.onExtensionHandshake, [.extended(id: 0, ByteBuffer(string: "de"))]),
    (.onChoke, [.choke]), (.onUnchoke, [.unchoke]), (.onInterested, [.interested]), (.getUnchokePriority, [.interested]),
    (.onNotInterested, [.notInterested]), (.onHave, [.have(0)]), (.onBitfield, [.bitfield(ByteBuffer(bytes: [0x80]))]),
    (.onHaveAll, [.haveAll]), (.onHaveNone, [.haveNone]), (.onSuggest, [.suggest(0)]), (.onAllowedFast, [.allowedFast(0)]),
    (.onUnknownMessage, [.unknown(id: 99, ByteBuffer())]),
    (.onExtended, [.extended(id: 0, ByteBuffer(string: "de")), .extended(id: 1, ByteBuffer(string: "x"))]),
    (.onCancel, [.cancel(Block(piece: 0, offset: 0, length: 16_384))]),
  ]

  @Test(arguments: triggers.map(\.hook))
  func aThrowClosesThatConnectionAloneAndNamesThePlugin(hook: Hook) async throws {
    let artifact = try TestArtifact()
    let other = try TestArtifact(id: 2, name: "other")
    var script = RecordingScript()
    script.extendedMessages = [ExtendedMessage(name: "xy", maximumSize: 10)]
    script.acts[hook] = { _ in throw Broken() }
    let (broken, sound) = (RecordingPlugin(script: script), RecordingPlugin())
    // The broken plugin takes part in one artifact only, so that the other's peer is undisturbed.
    let plugin = OnlyFor(artifact: artifact.facts.id, plugin: broken)
    try await EngineRig.run([artifact.seeded(), other.seeded()], plugins: [plugin, sound]) { rig async throws in
      let bystander = try await rig.leecher(other)
      let peer = try await ScriptedPeer.dial(rig.address)
      try await peer.send(bytes: ScriptedPeer.handshake(artifact.infoHash))
      let messages = try #require(Self.triggers.first { $0.hook == hook }).messages
      // The link may be gone before the messages are: that is what is wanted.
      if !messages.isEmpty { try? await peer.send(bytes: ScriptedPeer.encoded(messages)) }
      try await peer.end()
      let rows = try await rig.rows { $0.rule == "fault" }
      #expect(rows.map(\.plugin) == ["recording"])
      #expect(rows.first?.reason == "plugin recording failed in \(hook.rawValue): broken on purpose")
      #expect(rows.first?.artifact == "app")
      #expect(try await bystander.isAlive(other))
      #expect(sound.log.calls(of: .onDisconnect).count <= 1)
    }
  }

  @Test
  func aThrowInOnRequestClosesTheConnection() async throws {
    let artifact = try TestArtifact()
    var script = RecordingScript()
    script.request = { _, _ in throw Broken() }
    try await EngineRig.run([artifact.seeded()], plugins: [RecordingPlugin(script: script)]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(.request(artifact.blocks[0]))
      #expect(try await peer.end().isEmpty)
      #expect(try await rig.rows { $0.rule == "fault" }.first?.reason.contains("on_request") == true)
    }
  }

  @Test
  func aThrowInTickOfAPeerClosesItAndOneOfATorrentIsCounted() async throws {
    let artifact = try TestArtifact()
    var script = RecordingScript()
    script.acts[.tick] = { peer in if peer != nil { throw Broken() } }
    try await EngineRig.run([artifact.seeded()], plugins: [RecordingPlugin(script: script)]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      await rig.engine.tick()
      try await peer.end()
      #expect(try await rig.rows { $0.rule == "fault" }.first?.reason.contains("failed in tick") == true)
    }
    var torrentScript = RecordingScript()
    torrentScript.acts[.tick] = { peer in if peer == nil { throw Broken() } }
    try await EngineRig.run([artifact.seeded()], plugins: [RecordingPlugin(script: torrentScript)]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      await rig.engine.tick()
      #expect(try await peer.isAlive(artifact))
      #expect((rig.engine.pipeline.plugins.first?.statistics.snapshot.faults[.tick] ?? 0) >= 2)
    }
  }

  @Test
  func aThrowInCanDisconnectClosesTheConnection() async throws {
    let artifact = try TestArtifact()
    var script = RecordingScript()
    script.acts[.canDisconnect] = { _ in throw Broken() }
    try await EngineRig.run([artifact.seeded()], plugins: [RecordingPlugin(script: script)]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      rig.clock.advance(by: .seconds(1_000))
      await rig.engine.tick()
      try await peer.end()
      #expect(try await rig.rows { $0.rule == "fault" }.first?.reason.contains("can_disconnect") == true)
    }
  }

  @Test
  func aGuardThatThrowsRefusesInSilence() async throws {
    let artifact = try TestArtifact()
    var script = RecordingScript()
    script.guards = [.connect]
    script.judge = { _, facts in
      if facts.artifact != nil { throw Broken() }
      return .allow("an address")
    }
    try await EngineRig.run([artifact.seeded()], plugins: [RecordingPlugin(script: script)]) { rig async throws in
      let peer = try await ScriptedPeer.dial(rig.address)
      try await peer.send(bytes: ScriptedPeer.handshake(artifact.infoHash))
      try await peer.end()
      #expect(try await peer.receivedBytes() == 0)
      let row = try #require(try await rig.rows { $0.verdict == "deny" }.first)
      #expect(row.plugin == "recording" && row.rule == "fault" && row.reason.contains("broken on purpose"))
      #expect(row.place == "test.yaml:1:1")
    }
  }
}

/// A plugin that takes part in one artifact.
struct OnlyFor: Plugin {
  static let name = "only-for"
  let artifact: Int64
  let plugin: RecordingPlugin

  init(artifact: Int64, plugin: RecordingPlugin) { (self.artifact, self.plugin) = (artifact, plugin) }
  init(settings: NoSettings, services: PluginServices) throws { self.init(artifact: 0, plugin: RecordingPlugin()) }

  var extendedMessages: [ExtendedMessage] { plugin.extendedMessages }
  func newTorrent(_ facts: ArtifactFacts) throws -> (any TorrentPlugin)? { facts.id == artifact ? try plugin.newTorrent(facts) : nil }
}
