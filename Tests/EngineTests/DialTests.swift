import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// Whom the engine dials, and what it says to them.
struct DialTests {
  private static let dialing = EngineRig.settings { $0.dials = true }

  @Test
  func twoNodesThatMayMeetDo() async throws {
    let artifact = try TestArtifact()
    let (here, there) = (RecordingPlugin(), RecordingPlugin())
    try await EngineRig.run([artifact.seeded()], plugins: [there], peerID: 2) { other async throws in
      try await EngineRig.run([artifact.seeded()], plugins: [here], settings: Self.dialing) { rig async throws in
        rig.engine.dial(other.address, artifact: 1, isStatic: true)
        await rig.engine.tick()
        await here.log.wait(for: .onHaveAll)
        await there.log.wait(for: .onHaveAll)
        #expect(await rig.engine.peers().map(\.direction) == [.outbound])
        #expect(await other.engine.peers().map(\.direction) == [.inbound])
      }
    }
    #expect(here.log.calls(of: .onConnected).count == 1)
    #expect(there.log.calls(of: .onConnected).isEmpty)
  }

  @Test
  func weSpeakFirstToThoseWeDialAndServeThem() async throws {
    let artifact = try TestArtifact()
    let listener = try await ScriptedListener()
    try await EngineRig.run([artifact.seeded()], settings: Self.dialing) { rig async throws in
      rig.engine.dial(try listener.address, artifact: 1, isStatic: false)
      await rig.engine.tick()
      let peer = try await listener.accept()
      #expect(try await peer.nextHandshake().infoHash == artifact.infoHash)
      try await peer.send(bytes: ScriptedPeer.handshake(artifact.infoHash) + ScriptedPeer.encoded([.haveNone, .interested]))
      try await peer.wait(for: .unchoke)
      #expect(try await peer.isAlive(artifact))
    }
    try await listener.close()
  }

  /// BEP 10: who was dialed cannot see where we listen, and by a link of another kind we are not reached at that port.
  @Test
  func whoIsDialedIsToldWhereWeAreReached() async throws {
    let artifact = try TestArtifact()
    let listener = try await ScriptedListener()
    try await EngineRig.run([artifact.seeded()], settings: Self.dialing) { rig async throws in
      var ports = ReachedPorts()
      ports.add(ReachedPorts.Ports(v4: 7002, v6: 7002), of: .entry("fleet"))
      ports.add(ReachedPorts.Ports(v4: 7001, v6: 7003), of: .plain)
      rig.engine.replace(ports: ports)
      rig.engine.dial(try listener.address, artifact: 1, isStatic: false)
      await rig.engine.tick()
      let peer = try await listener.accept()
      _ = try await peer.nextHandshake()
      try await peer.send(bytes: ScriptedPeer.handshake(artifact.infoHash))
      #expect(try await Self.toldPort(peer) == 7001)
      // It has come to us: it knows.
      let other = try await ScriptedPeer.dial(rig.address)
      try await other.send(bytes: ScriptedPeer.handshake(artifact.infoHash))
      #expect(try await Self.toldPort(other) == nil)
    }
    try await listener.close()
  }

  private static func toldPort(_ peer: ScriptedPeer) async throws -> UInt16? {
    let payload = try await peer.next("an extended handshake") { message in
      if case .extended(id: 0, let payload) = message { payload } else { nil }
    }
    return try ExtendedHandshake.decode(payload).listenPort
  }

  /// As libtorrent does, which goes on as a peer of the v2 torrent.
  @Test
  func aHybridsOtherHashIsAnAnswer() async throws {
    let artifact = try TestArtifact(version: .hybrid)
    let listener = try await ScriptedListener()
    try await EngineRig.run([artifact.seeded()], settings: Self.dialing) { rig async throws in
      rig.engine.dial(try listener.address, artifact: 1, isStatic: false)
      await rig.engine.tick()
      let peer = try await listener.accept()
      let other = try #require(artifact.torrent.infoHash.wire.last)
      #expect(try await peer.nextHandshake().infoHash != other)
      try await peer.send(bytes: ScriptedPeer.handshake(other) + ScriptedPeer.encoded([.haveNone, .interested]))
      try await peer.wait(for: .unchoke)
      #expect(try await peer.isAlive(artifact))
    }
    try await listener.close()
  }

  @Test
  func aPeerThatAnswersForAnotherTorrentIsClosedWithARow() async throws {
    let artifact = try TestArtifact()
    let listener = try await ScriptedListener()
    try await EngineRig.run([artifact.seeded()], settings: Self.dialing) { rig async throws in
      rig.engine.dial(try listener.address, artifact: 1, isStatic: false)
      await rig.engine.tick()
      let peer = try await listener.accept()
      try await peer.send(bytes: ScriptedPeer.handshake(.zero))
      try await peer.end()
      #expect(try await rig.rows { $0.operation == "protocol" }.first?.reason.contains("another info-hash") == true)
    }
    try await listener.close()
  }

  @Test
  func weDoNotDialOurselvesTwice() async throws {
    let artifact = try TestArtifact()
    let recorder = RecordingPlugin()
    try await EngineRig.run([artifact.seeded()], plugins: [recorder], settings: Self.dialing) { rig async throws in
      rig.engine.dial(rig.address, artifact: 1, isStatic: true)
      await rig.engine.tick()
      let rows = try await rig.rows { $0.reason == "this is ourselves" }
      #expect(rows.count == 1)
      try await rig.connections(0)
      for _ in 0..<5 {
        rig.clock.advance(by: .seconds(4_000))
        await rig.engine.tick()
      }
      rig.engine.dial(rig.address, artifact: 1, isStatic: true)
      await rig.engine.tick()
      try await rig.connections(0)
      #expect(rig.refusals.count == 1)
    }
    #expect(recorder.log.calls(of: .onAuthorized).isEmpty)
  }

  @Test
  func anAddressThatWouldNotBeLetInIsNotDialed() async throws {
    let artifact = try TestArtifact()
    let listener = try await ScriptedListener()
    var script = RecordingScript()
    script.guards = [.connect]
    script.judge = { _, facts in facts.direction == .outbound ? .deny("not listed", rule: "addresses") : .allow("listed") }
    try await EngineRig.run([artifact.seeded()], plugins: [RecordingPlugin(script: script)], settings: Self.dialing) { rig async throws in
      rig.engine.dial(try listener.address, artifact: 1, isStatic: false)
      await rig.engine.tick()
      let row = try #require(try await rig.rows { $0.verdict == "deny" }.first)
      #expect(row.reason == "not dialed: not listed" && row.plugin == "recording" && row.rule == "addresses" && row.artifact == "app")
      await rig.engine.tick()
      #expect(listener.acceptedCount == 0)
      #expect(rig.engine.totals.connections == 0)
    }
    try await listener.close()
  }

  @Test
  func ourOwnCapsHaveARowAndAreNoFaultOfTheAddress() async throws {
    let artifact = try TestArtifact()
    let listener = try await ScriptedListener()
    var settings = Self.dialing
    settings.connections = 1
    try await EngineRig.run([artifact.seeded()], settings: settings) { rig async throws in
      let peer = try await rig.leecher(artifact)
      rig.engine.dial(try listener.address, artifact: 1, isStatic: false)
      await rig.engine.tick()
      let row = try #require(try await rig.rows { $0.operation == "limit" }.first)
      #expect(row.reason.hasPrefix("not dialed: 1 connections are open") && row.artifact == "app")
      // After the sixth failure it would be forgotten; each of these is none.
      for count in 2...8 {
        rig.clock.advance(by: .seconds(301))
        try await peer.send(.keepAlive, .request(artifact.blocks[0]))
        _ = try await peer.block(artifact.blocks[0])
        await rig.engine.tick()
        try await eventually("another row") { rig.journal.records.count { $0.operation == "limit" } == count ? () : nil }
      }
    }
    try await listener.close()
  }

  @Test
  func nothingIsDialedOrAcceptedOnceTheEndHasBegun() async throws {
    let artifact = try TestArtifact()
    let listener = try await ScriptedListener()
    let source = CountingSource(artifact.seeded())
    try await EngineRig.run([], settings: Self.dialing, source: source) { rig async throws in
      rig.engine.add([artifact.seeded().served])
      source.close()
      rig.engine.dial(try listener.address, artifact: 1, isStatic: false)
      await rig.engine.tick()
      try await eventually("a load") { source.loads.isEmpty ? nil : () }
      rig.engine.core.isDraining.store(true, ordering: .relaxed)
      source.open()
      try await eventually("the swarm's rest") { rig.engine.core.swarms[1]?.isIdle == true ? () : nil }
      let peer = try await ScriptedPeer.dial(rig.address)
      try await peer.end()
      #expect(listener.acceptedCount == 0)
      #expect(rig.engine.totals.connections == 0)
    }
    try await listener.close()
  }

  @Test
  func nothingIsDialedWhereTheSettingsSaySo() async throws {
    let artifact = try TestArtifact()
    let listener = try await ScriptedListener()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      rig.engine.dial(try listener.address, artifact: 1, isStatic: true)
      await rig.engine.tick()
      await rig.engine.tick()
      #expect(listener.acceptedCount == 0)
    }
    try await listener.close()
  }

  @Test
  func anAddressThatIsLearnedIsToldToTheTorrentsPlugins() async throws {
    let artifact = try TestArtifact()
    let listener = try await ScriptedListener()
    let recorder = RecordingPlugin()
    try await EngineRig.run([artifact.seeded()], plugins: [recorder]) { rig async throws in
      _ = try await rig.leecher(artifact)
      let address = try listener.address
      rig.engine.dial(address, artifact: 1, isStatic: false)
      rig.engine.dial(address, artifact: 1, isStatic: false)
      #expect(recorder.log.calls(of: .onAddPeer).map(\.detail) == ["\(address)"])
    }
    try await listener.close()
  }
}
