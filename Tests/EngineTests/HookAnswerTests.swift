import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// The documented effect of each answer that a hook may give.
struct HookAnswerTests {
  private func script(_ change: (inout RecordingScript) -> Void) -> RecordingPlugin {
    var script = RecordingScript()
    change(&script)
    return RecordingPlugin(script: script)
  }

  // MARK: onRequest

  @Test
  func aRejectedRequestIsAnsweredWithARejectAndARow() async throws {
    let artifact = try TestArtifact()
    let blocks = artifact.blocks
    let plugin = script { $0.request = { _, block in block == blocks[0] ? .reject("not today") : .pass } }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(.request(blocks[0]), .request(blocks[1]))
      try await peer.wait(for: .reject(blocks[0]))
      #expect(try await peer.block(blocks[1]) == artifact.bytes(of: blocks[1]))
      let row = try #require(rig.refusals.last)
      #expect(row.verdict == "reject" && row.plugin == "recording" && row.reason == "not today" && row.operation == "request")
    }
  }

  @Test
  func aPostponedRequestIsAskedAgainAtItsTime() async throws {
    let artifact = try TestArtifact()
    let block = artifact.blocks[0]
    let asked = Mutex(0)
    let plugin = script { script in
      script.request = { peer, _ in
        let count = asked.withLock { asked in
          asked += 1
          return asked
        }
        return count == 1 ? .postpone(until: peer.now + .seconds(60)) : .pass
      }
    }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(.request(block))
      await plugin.log.wait(for: .onRequest)
      rig.clock.advance(by: .seconds(59))
      await rig.engine.tick()
      #expect(plugin.log.calls(of: .onRequest).count == 1)
      rig.clock.advance(by: .seconds(1))
      await rig.engine.tick()
      #expect(try await peer.block(block) == artifact.bytes(of: block))
      #expect(plugin.log.calls(of: .onRequest).count == 2)
    }
  }

  @Test
  func aPostponedRequestCanBeCancelled() async throws {
    let artifact = try TestArtifact()
    let block = artifact.blocks[0]
    let plugin = script { $0.request = { peer, _ in .postpone(until: peer.now + .seconds(60)) } }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(.request(block), .cancel(block))
      try await peer.wait(for: .reject(block))
      rig.clock.advance(by: .seconds(61))
      await rig.engine.tick()
      #expect(plugin.log.calls(of: .onRequest).count == 1)
    }
  }

  @Test
  func aHandledRequestIsPaidOrRefusedByThePlugin() async throws {
    let artifact = try TestArtifact()
    let blocks = artifact.blocks
    let plugin = script { script in
      script.request = { peer, block in
        if block == blocks[0] {
          peer.send(piece: block, ByteBuffer(repeating: 7, count: Int(block.length)))
          // A second payment is not owed any more.
          peer.send(piece: block, ByteBuffer(repeating: 8, count: Int(block.length)))
        } else if block == blocks[1] {
          peer.reject(block)
        } else {
          // Of another length than promised.
          peer.send(piece: block, ByteBuffer(repeating: 7, count: 3))
        }
        return .handled
      }
    }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(.request(blocks[0]), .request(blocks[1]), .request(blocks[2]))
      #expect(try await peer.next() == .piece(PieceData(piece: 0, offset: 0, bytes: ByteBuffer(repeating: 7, count: 16_384))))
      #expect(try await peer.next() == .reject(blocks[1]))
      #expect(try await peer.next() == .reject(blocks[2]))
      await plugin.log.wait(for: .sentPayload, "16384")
    }
  }

  @Test
  func anUnpaidDebtClosesTheConnection() async throws {
    let artifact = try TestArtifact()
    let plugin = script { $0.request = { _, _ in .handled } }
    let settings = EngineRig.settings { $0.debtTimeout = .seconds(30) }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin], settings: settings) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(.request(artifact.blocks[0]))
      await plugin.log.wait(for: .onRequest)
      rig.clock.advance(by: .seconds(30))
      await rig.engine.tick()
      #expect(rig.engine.totals.connections == 1)
      rig.clock.advance(by: .seconds(1))
      await rig.engine.tick()
      try await peer.end()
      await plugin.log.wait(for: .onDisconnect)
      #expect(plugin.log.calls(of: .onDisconnect).first?.detail.contains("did not send it in time") == true)
    }
  }

  // MARK: Handshakes

  @Test
  func aHandlerThatLeavesIsAskedNoMoreAndThePeerStays() async throws {
    let artifact = try TestArtifact()
    let leaving = script { $0.participations = [.onHandshake: .leave] }
    let staying = script { $0.participations = [.onExtensionHandshake: .leave] }
    try await EngineRig.run([artifact.seeded()], plugins: [leaving, staying]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.send(ExtendedHandshake())
      try await peer.send(.interested)
      try await peer.wait(for: .unchoke)
      #expect(try await peer.isAlive(artifact))
    }
    #expect(leaving.log.transcript().last == "on_handshake \(artifact.infoHash)")
    #expect(staying.log.transcript().last == "on_extension_handshake")
  }

  @Test(arguments: [Hook.onHandshake, .onExtensionHandshake])
  func aRefusingHandlerClosesThePeerWithARow(hook: Hook) async throws {
    let artifact = try TestArtifact()
    let plugin = script { $0.participations = [hook: .refuse("bad client")] }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await ScriptedPeer.dial(rig.address)
      try await peer.send(bytes: ScriptedPeer.handshake(artifact.infoHash))
      if hook == .onExtensionHandshake { try await peer.send(ExtendedHandshake()) }
      let told = try await peer.end()
      if hook == .onHandshake { #expect(!told.contains(.haveAll)) }
      let rows = try await rig.rows { $0.reason == "bad client" }
      #expect(rows.map(\.plugin) == ["recording"])
      #expect(plugin.log.calls(of: .onDisconnect).map(\.detail) == ["bad client"])
    }
  }

  // MARK: pass or handled

  @Test
  func handledInterestIsNotUnchoked() async throws {
    let artifact = try TestArtifact()
    let plugin = script { $0.handlings = [.onInterested: .handled] }
    let second = RecordingPlugin()
    try await EngineRig.run([artifact.seeded()], plugins: [plugin, second]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.send(.interested, .request(artifact.blocks[0]))
      try await peer.wait(for: .reject(artifact.blocks[0]))
      let snapshot = try #require(await rig.engine.peers().first)
      #expect(snapshot.isChoked && snapshot.isInterested)
      #expect(second.log.calls(of: .onInterested).isEmpty)
      #expect(second.log.calls(of: .getUnchokePriority).isEmpty)
    }
  }

  @Test
  func aHandledCancelIsServedAllTheSame() async throws {
    let artifact = try TestArtifact()
    let block = artifact.blocks[0]
    let isOpen = Atomic(false)
    let plugin = script { script in
      script.handlings = [.onCancel: .handled]
      script.request = { peer, _ in isOpen.load(ordering: .relaxed) ? .pass : .postpone(until: peer.now) }
    }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(.request(block), .cancel(block))
      await plugin.log.wait(for: .onCancel)
      isOpen.store(true, ordering: .relaxed)
      await rig.engine.tick()
      #expect(try await peer.block(block) == artifact.bytes(of: block))
    }
  }

  @Test
  func anUnknownMessageThatNobodyHandlesClosesThePeer() async throws {
    let artifact = try TestArtifact()
    let plugin = RecordingPlugin()
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.send(.unknown(id: 99, ByteBuffer(string: "?")))
      try await peer.end()
      let rows = try await rig.rows { $0.operation == "protocol" }
      #expect(rows.first?.reason.contains("message 99") == true)
      #expect(plugin.log.calls(of: .onUnknownMessage).count == 1)
    }
  }

  @Test
  func anExtendedMessageLongerThanDeclaredClosesThePeer() async throws {
    let artifact = try TestArtifact()
    let plugin = script { $0.extendedMessages = [ExtendedMessage(name: "xy", maximumSize: 10)] }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.send(ExtendedHandshake())
      try await peer.send(.extended(id: 1, ByteBuffer(repeating: 0, count: 10)))
      await plugin.log.wait(for: .onExtended, "xy with 10 bytes")
      try await peer.send(.extended(id: 1, ByteBuffer(repeating: 0, count: 11)))
      try await peer.end()
      let rows = try await rig.rows { $0.operation == "protocol" }
      #expect(rows.first?.reason.contains("xy has 11 bytes") == true)
      #expect(plugin.log.calls(of: .onExtended).count == 1)
    }
  }

  @Test
  func canDisconnectKeepsAnIdlePeer() async throws {
    let artifact = try TestArtifact()
    let plugin = script { $0.handlings = [.canDisconnect: .handled] }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      rig.clock.advance(by: .seconds(1_000))
      await rig.engine.tick()
      await plugin.log.wait(for: .canDisconnect, "inactivity")
      #expect(try await peer.isAlive(artifact))
    }
  }

  @Test
  func theLowestPriorityOfAllPluginsIsUnchokedFirst() async throws {
    let artifact = try TestArtifact()
    let favourite = Mutex<UInt16?>(nil)
    let plugin = PriorityPlugin { facts in favourite.withLock { $0 } == facts.address.port ? 1 : 5 }
    let settings = EngineRig.settings { $0.uploadSlots = .fixed(1) }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin], settings: settings) { rig async throws in
      let holder = try await rig.leecher(artifact)
      let plain = try await rig.peer(artifact)
      let loved = try await rig.peer(artifact)
      favourite.withLock { $0 = loved.address?.port }
      try await plain.send(.interested)
      try await rig.interested(2)
      try await loved.send(.interested)
      try await rig.interested(3)
      try await holder.close()
      try await loved.wait(for: .unchoke)
      let unchoked = await rig.engine.peers().filter { !$0.isChoked }
      #expect(unchoked.map(\.address.port) == [loved.address?.port])
    }
  }
}

extension EngineRig {
  func interested(_ count: Int) async throws {
    try await eventually("\(count) interested peers") { await self.engine.peers().count { $0.isInterested } == count ? () : nil }
  }
}

/// A plugin that names priorities.
private struct PriorityPlugin: Plugin, TorrentPlugin {
  static let name = "priority"
  let priority: @Sendable (PeerFacts) -> Int?

  init(priority: @escaping @Sendable (PeerFacts) -> Int?) { self.priority = priority }
  init(settings: NoSettings, services: PluginServices) throws { self.init { _ in nil } }

  func newTorrent(_ artifact: ArtifactFacts) -> (any TorrentPlugin)? { self }
  func newConnection(_ peer: PeerContext) -> (any PeerPlugin)? { Part(peer, priority) }
  func tick(_ now: ContinuousClock.Instant) {}

  private final class Part: PeerPlugin {
    let peer: PeerContext
    let priority: @Sendable (PeerFacts) -> Int?
    init(_ peer: PeerContext, _ priority: @escaping @Sendable (PeerFacts) -> Int?) { (self.peer, self.priority) = (peer, priority) }
    func getUnchokePriority() -> Int? { priority(peer.facts) }
  }
}
