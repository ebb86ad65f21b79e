import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Engine

/// The hooks of a connection in their order, as a recording plugin sees them over a real socket.
struct HookOrderTests {
  @Test
  func aConnectionsLifeCallsEachHookInTheDocumentedOrder() async throws {
    let artifact = try TestArtifact(["a.bin": 40_000])
    var script = RecordingScript()
    script.guards = [.connect, .request]
    script.extendedMessages = [ExtendedMessage(name: "xy_note", maximumSize: 100)]
    script.unknownMessage = { _, _, _ in .handled }
    let recorder = RecordingPlugin(script: script)
    let first = try #require(artifact.blocks.first)
    try await EngineRig.run([artifact.seeded()], plugins: [recorder]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.wait(for: .haveAll)
      var hello = ExtendedHandshake()
      hello.messages = ["xy_note": 9]
      try await peer.send(hello)
      try await peer.send(.haveNone, .interested)
      try await peer.wait(for: .unchoke)
      try await peer.send(.request(first))
      _ = try await peer.block(first)
      await recorder.log.wait(for: .sentPayload)
      try await peer.send(
        .cancel(first), .have(1), .extended(id: 1, ByteBuffer(string: "hello")), .unknown(id: 99, ByteBuffer(string: "?")))
      await recorder.log.wait(for: .onUnknownMessage)
      try await peer.send(.notInterested)
      try await peer.wait(for: .choke)
      try await peer.close()
      await recorder.log.wait(for: .onDisconnect)
    }
    #expect(
      recorder.log.transcript() == [
        "judge connect", "judge connect", "judge request", "new_torrent app", "on_files_checked", "on_authorized", "new_connection",
        "on_handshake \(artifact.infoHash)", "add_handshake", "sent_extended handshake", "sent_have_all", "on_extension_handshake",
        "on_have_none", "on_interested", "get_unchoke_priority", "sent_unchoke", "on_request \(first)", "sent_piece \(first)",
        "sent_payload \(first.length)", "on_cancel \(first)", "on_have 1", "on_extended xy_note with 5 bytes",
        "on_unknown_message 99 with 1 bytes", "on_not_interested", "get_unchoke_priority", "sent_choke",
        "on_disconnect the peer closed the connection",
      ])
  }

  @Test
  func whatAPeerTellsOfItsPiecesReachesItsHooks() async throws {
    let artifact = try TestArtifact()
    let recorder = RecordingPlugin()
    try await EngineRig.run([artifact.seeded()], plugins: [recorder]) { rig async throws in
      let peer = try await rig.peer(artifact)
      var hello = ExtendedHandshake()
      hello.messages = ["lt_donthave": 4]
      try await peer.send(hello)
      let ours = try await peer.extendedHandshake()
      let dontHave = try #require(ours.messages["lt_donthave"])
      var payload = ByteBuffer()
      DontHaveMessage(piece: 0).encode(into: &payload)
      try await peer.send(
        .bitfield(ByteBuffer(bytes: [0b1010_0000])), .extended(id: dontHave, payload), .suggest(1), .allowedFast(2), .choke, .unchoke)
      await recorder.log.wait(for: .onUnchoke)
      try await rig.peer(artifact).send(.haveAll)
      await recorder.log.wait(for: .onHaveAll)
      let told = recorder.log.transcript().filter { $0.hasPrefix("on_") }
      for call in ["on_bitfield 2 of 3", "on_dont_have 0", "on_suggest 1", "on_allowed_fast 2", "on_choke", "on_unchoke", "on_have_all"] {
        #expect(told.contains(call))
      }
    }
  }

  @Test
  func tickIsToldOnEveryLevelAndDisconnectExactlyOnce() async throws {
    let artifact = try TestArtifact()
    let recorder = RecordingPlugin()
    try await EngineRig.run([artifact.seeded()], plugins: [recorder]) { rig async throws in
      _ = try await rig.peer(artifact).next()
      await rig.engine.tick()
      await recorder.log.wait(for: .tick, "peer")
      await recorder.log.wait(for: .tick, "torrent")
      await recorder.log.wait(for: .tick, "plugin")
    }
    #expect(recorder.log.calls(of: .onDisconnect).map(\.detail) == ["the node is stopping"])
  }

  @Test
  func anUnknownTorrentIsToldAndNothingElse() async throws {
    let recorder = RecordingPlugin()
    try await EngineRig.run([], plugins: [recorder]) { rig async throws in
      let peer = try await ScriptedPeer.dial(rig.address)
      try await peer.send(bytes: ScriptedPeer.handshake(.zero))
      try await peer.end()
    }
    #expect(recorder.log.transcript() == ["on_unknown_torrent \(SHA1Digest.zero)"])
  }

  @Test
  func keysAddedByPluginsAreInOurExtendedHandshake() async throws {
    let artifact = try TestArtifact()
    var script = RecordingScript()
    script.additions = ["xy": .integer(7), "reqq": .integer(1)]
    try await EngineRig.run([artifact.seeded()], plugins: [RecordingPlugin(script: script)]) { rig async throws in
      let hello = try await rig.peer(artifact).extendedHandshake()
      #expect(hello.extra["xy"] == .integer(7))
      #expect(hello.requestQueue == 500)
      #expect(hello.clientVersion == "Granary")
      #expect(hello.uploadOnly == true)
      #expect(hello.yourIP == [127, 0, 0, 1])
    }
  }

  @Test
  func aPluginThatIsNotInterestedIsAskedNoMore() async throws {
    let artifact = try TestArtifact()
    var aloof = RecordingScript()
    aloof.joinsTorrents = false
    var shy = RecordingScript()
    shy.joinsPeers = false
    let (one, two) = (RecordingPlugin(script: aloof), RecordingPlugin(script: shy))
    try await EngineRig.run([artifact.seeded()], plugins: [one, two]) { rig async throws in
      #expect(try await rig.leecher(artifact).isAlive(artifact))
    }
    #expect(one.log.transcript() == ["new_torrent app"])
    #expect(two.log.transcript() == ["new_torrent app", "on_files_checked", "on_authorized", "new_connection"])
  }
}
