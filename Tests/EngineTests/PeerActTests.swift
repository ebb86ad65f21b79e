import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// What plugins do through a connection's context and handle.
struct PeerActTests {
  private func recorder(_ change: (inout RecordingScript) -> Void) -> RecordingPlugin {
    var script = RecordingScript()
    change(&script)
    return RecordingPlugin(script: script)
  }

  @Test
  func anExtendedMessageGoesOutUnderThePeersIdAfterTheEvent() async throws {
    let artifact = try TestArtifact()
    let plugin = recorder { script in
      script.acts[.onExtensionHandshake] = { peer in
        peer?.send(extended: "xy", ByteBuffer(string: "hello"))
        peer?.send(extended: "zz", ByteBuffer(string: "nobody asked"))
      }
    }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.peer(artifact)
      var hello = ExtendedHandshake()
      hello.messages = ["xy": 77]
      try await peer.send(hello)
      try await peer.wait(for: .extended(id: 77, ByteBuffer(string: "hello")))
      await plugin.log.wait(for: .sentExtended, "xy")
      #expect(plugin.log.calls(of: .sentExtended).map(\.detail) == ["handshake", "xy"])
    }
  }

  @Test
  func aHeldPeerStaysChokedUntilItIsLetGo() async throws {
    let artifact = try TestArtifact()
    let plugin = recorder { script in
      script.acts[.onHaveNone] = { $0?.choke() }
      script.acts[.onChoke] = { $0?.unchoke() }
    }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.send(.haveNone, .interested, .request(artifact.blocks[0]))
      try await peer.wait(for: .reject(artifact.blocks[0]))
      #expect(await rig.engine.peers().map(\.isChoked) == [true])
      try await peer.send(.choke)
      try await peer.wait(for: .unchoke)
      #expect(try await peer.isAlive(artifact))
    }
  }

  @Test
  func aChokeByAPluginDropsWhatIsQueuedWithRejects() async throws {
    let artifact = try TestArtifact()
    let plugin = recorder { script in
      script.request = { peer, _ in .postpone(until: peer.now + .seconds(60)) }
      script.acts[.onHave] = { $0?.choke() }
    }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(.request(artifact.blocks[0]), .request(artifact.blocks[1]), .have(0))
      #expect(try await peer.next() == .choke)
      #expect(try await peer.next() == .reject(artifact.blocks[0]))
      #expect(try await peer.next() == .reject(artifact.blocks[1]))
    }
  }

  @Test
  func suggestionsAndAllowedPiecesAreSentWhereThePeerMaySeeThem() async throws {
    let artifact = try TestArtifact()
    let plugin = recorder { script in
      script.acts[.onHaveNone] = { peer in
        peer?.suggest(1)
        peer?.suggest(1_000)
        peer?.allowFast(2)
        peer?.allowFast(-1)
      }
    }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.wait(for: .haveAll)
      try await peer.send(.haveNone)
      #expect(try await peer.next() == .suggest(1))
      #expect(try await peer.next() == .allowedFast(2))
      // Choked, and served all the same.
      let last = try #require(artifact.blocks.last)
      try await peer.send(.request(artifact.blocks[0]), .request(last))
      #expect(try await peer.next() == .reject(artifact.blocks[0]))
      #expect(try await peer.block(last) == artifact.bytes(of: last))
    }
  }

  @Test
  func aCloseByAPluginGoesToTheJournalAndNotToTheWire() async throws {
    let artifact = try TestArtifact()
    let plugin = recorder { $0.acts[.onInterested] = { $0?.close("seen enough") } }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.wait(for: .haveAll)
      try await peer.send(.interested)
      try await peer.end()
      #expect(try await rig.rows { $0.reason == "seen enough" }.map(\.plugin) == ["recording"])
    }
    #expect(plugin.log.calls(of: .onDisconnect).map(\.detail) == ["seen enough"])
  }

  @Test
  func actsOfOneHookHappenInTheirOrderAndNoHookReentersAnother() async throws {
    let artifact = try TestArtifact()
    let isInside = Atomic(false)
    let isReentered = Atomic(false)
    let plugin = recorder { script in
      script.acts[.onHave] = { peer in
        isInside.store(true, ordering: .relaxed)
        for piece in 0..<3 { peer?.suggest(piece) }
        isInside.store(false, ordering: .relaxed)
      }
      script.acts[.sentSuggest] = { _ in
        if isInside.load(ordering: .relaxed) { isReentered.store(true, ordering: .relaxed) }
      }
    }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.wait(for: .haveAll)
      try await peer.send(.have(0))
      for piece in 0..<3 { #expect(try await peer.next() == .suggest(UInt32(piece))) }
    }
    #expect(plugin.log.calls(of: .sentSuggest).map(\.detail) == ["0", "1", "2"])
    let wasReentered = isReentered.load(ordering: .relaxed)
    #expect(!wasReentered)
  }

  @Test
  func aHandleReachesTheConnectionFromOtherThreadsAndNobodyAfterItsEnd() async throws {
    let artifact = try TestArtifact()
    let handle = Mutex<PeerHandle?>(nil)
    let plugin = recorder { $0.acts[.newConnection] = { peer in handle.withLock { $0 = peer?.handle } } }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.wait(for: .haveAll)
      let found = try #require(handle.withLock { $0 })
      found.execute { $0.suggest(2) }
      try await peer.wait(for: .suggest(2))
      found.execute { $0.close("from another thread") }
      try await peer.end()
      #expect(try await rig.rows { $0.reason == "from another thread" }.count == 1)
      found.execute { _ in Issue.record("the connection is gone") }
      await rig.engine.tick()
      handle.withLock { $0 = nil }
    }
  }

  @Test
  func anActFromASentHookIsCarriedOutToo() async throws {
    let artifact = try TestArtifact()
    let plugin = recorder { $0.acts[.sentPayload] = { $0?.suggest(2) } }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      _ = try await peer.fetch([artifact.blocks[0]])
      try await peer.wait(for: .suggest(2))
    }
  }
}
