import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Engine

/// Partial grants, and policies that change under live connections.
struct PolicyTests {
  /// Pieces of 32 KiB: `a` holds 0 and half of 1, `b` the other half and 2.
  private static let files: KeyValuePairs<String, Int> = ["a": 49_152, "b": 49_152]
  private let inPieceOfBoth = (mine: Block(piece: 1, offset: 0, length: 16_384), theirs: Block(piece: 1, offset: 16_384, length: 16_384))
  private let acrossFiles = Block(piece: 1, offset: 16_000, length: 16_384)

  private func granting(_ artifact: TestArtifact, files: [Int]?, until: WallTime? = nil) -> RecordingPlugin {
    var script = RecordingScript()
    script.guards = [.request]
    let layout = artifact.layout
    var set = Bitfield(count: layout.files.count)
    for file in files ?? [] { set[file] = true }
    let scope =
      files == nil
      ? Scope.everything : .part(PartialScope(pieces: Bitfield(count: layout.pieceCount, filled: true), files: set, layout: layout))
    script.judge = { _, _ in .allow("some files", rule: "on_request[0]", validUntil: until, scope: scope) }
    script.request = { peer, block in block.offset == 4_096 ? .postpone(until: peer.now + .seconds(1)) : .pass }
    return RecordingPlugin(script: script)
  }

  private func denying(_ operations: Set<PluginKit.Operation> = [.connect]) -> RecordingPlugin {
    var script = RecordingScript()
    script.guards = operations
    script.judge = { _, _ in .deny("no more", rule: "new") }
    return RecordingPlugin(script: script)
  }

  @Test
  func aGrantForSomeFilesShowsWholePiecesAndServesTheirBlocksAlone() async throws {
    let artifact = try TestArtifact(Self.files)
    try await EngineRig.run([artifact.seeded()], plugins: [granting(artifact, files: [0])]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.wait(for: .bitfield(ByteBuffer(bytes: [0b1000_0000])))
      try await peer.send(.interested)
      try await peer.wait(for: .unchoke)
      #expect(try await peer.fetch([inPieceOfBoth.mine]) == [artifact.bytes(of: inPieceOfBoth.mine)])
      let refused = [inPieceOfBoth.theirs, acrossFiles, Block(piece: 2, offset: 0, length: 1), Block(piece: 1, offset: 0, length: 16_385)]
      for block in refused {
        try await peer.send(.request(block))
        #expect(try await peer.next() == .reject(block))
      }
      let rows = rig.refusals
      #expect(rows.count == refused.count)
      #expect(rows.allSatisfy { $0.operation == "request" && $0.verdict == "deny" && $0.plugin == "recording" })
      #expect(rows.first?.reason == "the block is outside of what is granted")
      let facts = try #require(rows.first?.facts)
      #expect(facts.operation == .request && facts.artifact?.name == artifact.facts.name && facts.infoHash != nil && facts.client != nil)
    }
  }

  @Test
  func aNarrowerPolicyTakesPiecesBackAndDropsWhatIsQueued() async throws {
    let artifact = try TestArtifact(Self.files)
    try await EngineRig.run([artifact.seeded()], plugins: [granting(artifact, files: nil)]) { rig async throws in
      let peer = try await rig.peer(artifact)
      var hello = ExtendedHandshake()
      hello.messages = ["lt_donthave": 11]
      try await peer.send(hello)
      try await peer.send(.interested)
      try await peer.wait(for: .unchoke)
      let postponed = Block(piece: 2, offset: 4_096, length: 4_096)
      try await peer.send(.request(postponed))
      try await eventually("a postponed request") { await rig.engine.peers().first?.queued == 1 ? () : nil }
      rig.engine.replace(pipeline: try EngineRig.pipeline([granting(artifact, files: [0])], generation: 2))
      for piece in [UInt32(1), 2] {
        var payload = ByteBuffer()
        DontHaveMessage(piece: piece).encode(into: &payload)
        #expect(try await peer.next() == .extended(id: 11, payload))
      }
      #expect(try await peer.next() == .reject(postponed))
      rig.clock.advance(by: .seconds(2))
      await rig.engine.tick()
      #expect(try await peer.isAlive(artifact))
      #expect(await rig.engine.peers().first?.uploaded == 16_384)
    }
  }

  @Test
  func aWiderPolicyTellsOfTheNewPiecesAndServesThem() async throws {
    let artifact = try TestArtifact(Self.files)
    try await EngineRig.run([artifact.seeded()], plugins: [granting(artifact, files: [0])]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      rig.engine.replace(pipeline: try EngineRig.pipeline([granting(artifact, files: nil)], generation: 2))
      #expect(try await peer.next() == .have(1))
      #expect(try await peer.next() == .have(2))
      #expect(try await peer.fetch([acrossFiles]) == [artifact.bytes(of: acrossFiles)])
      #expect(rig.engine.totals.generation == 2)
    }
  }

  @Test(arguments: [PluginKit.Operation.connect, .request])
  func aPolicyThatDeniesClosesThePeerWithARowOfItsOwnGeneration(operation: PluginKit.Operation) async throws {
    let artifact = try TestArtifact(Self.files)
    let operations: Set<PluginKit.Operation> = operation == .connect ? [.connect] : [.request, .metadata]
    try await EngineRig.run([artifact.seeded()], plugins: [granting(artifact, files: nil)]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      rig.engine.replace(pipeline: try EngineRig.pipeline([denying(operations)], generation: 2))
      try await peer.end()
      let row = try #require(try await rig.rows { $0.verdict == "deny" }.first)
      #expect(row.operation == operation.rawValue && row.reason == "no more" && row.rule == "new" && row.generation == 2)
    }
  }

  @Test
  func aVerdictThatEndsIsAskedAgainOfThePolicyInForce() async throws {
    let artifact = try TestArtifact(Self.files)
    let end = WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + 1_000_000_000)
    try await EngineRig.run([artifact.seeded()], plugins: [granting(artifact, files: [0], until: end)]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      await rig.engine.tick()
      // The new policy keeps the narrow grant until the same end; when that comes it is the one that is asked again, not the former.
      let plugin = granting(artifact, files: [0], until: end)
      rig.engine.replace(pipeline: try EngineRig.pipeline([plugin], generation: 2))
      await plugin.log.wait(for: .judge)
      let judged = plugin.log.calls(of: .judge).count
      rig.wall.set(end)
      await rig.engine.tick()
      #expect(plugin.log.calls(of: .judge).count > judged)
      #expect(try await peer.isAlive(artifact))
    }
  }

  @Test
  func aHandshakeThatBeganUnderTheFormerPolicyIsJudgedByTheNewOne() async throws {
    let artifact = try TestArtifact(Self.files)
    try await EngineRig.run([artifact.seeded()], plugins: [granting(artifact, files: nil)]) { rig async throws in
      let peer = try await ScriptedPeer.dial(rig.address)
      let handshake = ScriptedPeer.handshake(artifact.infoHash)
      try await peer.send(bytes: handshake.prefix(50))
      try await rig.connections(1)
      rig.engine.replace(pipeline: try EngineRig.pipeline([denying()], generation: 2))
      await rig.engine.tick()
      try await peer.send(bytes: handshake.dropFirst(50))
      try await peer.end()
      #expect(try await peer.receivedBytes() == 0)
    }
  }

  @Test
  func aGuardThatThinksWhileThePolicyChangesIsNotBelieved() async throws {
    let artifact = try TestArtifact(Self.files)
    let gate = Gate()
    var script = RecordingScript()
    script.guards = [.connect]
    script.admit = { _ in
      await gate.wait()
      return .allow("by the former policy")
    }
    let plugin = RecordingPlugin(script: script)
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await ScriptedPeer.dial(rig.address)
      try await peer.send(bytes: ScriptedPeer.handshake(artifact.infoHash))
      await plugin.log.wait(for: .admit)
      rig.engine.replace(pipeline: try EngineRig.pipeline([denying()], generation: 2))
      await rig.engine.tick()
      gate.open()
      try await peer.end()
      #expect(try await peer.receivedBytes() == 0)
      #expect(try await rig.rows { $0.verdict == "deny" }.map(\.reason) == ["no more"])
    }
  }

  @Test
  func customMessagesThatAGuardRefusesReachNobodyOnEitherSide() async throws {
    let artifact = try TestArtifact(Self.files)
    var script = RecordingScript()
    script.guards = [.message]
    script.judge = { _, _ in .deny("no talk", rule: "messages") }
    script.extendedMessages = [ExtendedMessage(name: "xy", maximumSize: 10)]
    script.acts[.onExtensionHandshake] = { $0?.send(extended: "xy", ByteBuffer(string: "psst")) }
    let plugin = RecordingPlugin(script: script)
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.wait(for: .haveAll)
      var hello = ExtendedHandshake()
      hello.messages = ["xy": 3]
      try await peer.send(hello)
      try await peer.send(.extended(id: 1, ByteBuffer(string: "hi")), .interested)
      #expect(try await peer.next() == .unchoke)
      let rows = try await rig.rows { $0.operation == "message" }
      #expect(rows.count == 2 && rows.allSatisfy { $0.verdict == "deny" && $0.plugin == "recording" && $0.reason == "xy: no talk" })
      #expect(try await peer.isAlive(artifact))
    }
    #expect(plugin.log.calls(of: .onExtended).isEmpty)
  }

  @Test
  func thoseThatAreThereGetTheHandlersOfANewPolicy() async throws {
    let artifact = try TestArtifact(Self.files)
    var script = RecordingScript()
    script.acts[.onInterested] = { $0?.choke() }
    let (former, later) = (RecordingPlugin(script: script), RecordingPlugin())
    try await EngineRig.run([artifact.seeded()], plugins: [former]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.send(ExtendedHandshake())
      try await peer.send(.interested)
      await former.log.wait(for: .onInterested)
      rig.engine.replace(pipeline: try EngineRig.pipeline([later], generation: 2))
      // Whom the former one kept choked is free. By then it has been: an unchoke that comes before its choke is not the one that is meant.
      await later.log.wait(for: .newConnection)
      try await eventually("an unchoked peer") { await rig.engine.peers().allSatisfy { !$0.isChoked } ? () : nil }
      #expect(try await peer.isAlive(artifact))
      #expect(former.log.calls(of: .onDisconnect).count == 1 && former.log.calls(of: .onRequest).isEmpty)
      for hook in [Hook.onAuthorized, .newConnection, .onHandshake, .onExtensionHandshake, .onInterested, .onRequest] {
        #expect(later.log.calls(of: hook).count == 1, "\(hook)")
      }
    }
  }

  @Test
  func extendedMessagesKeepTheirIdsWhenThePolicyChanges() async throws {
    let artifact = try TestArtifact(Self.files)
    var script = RecordingScript()
    script.extendedMessages = [ExtendedMessage(name: "xy", maximumSize: 10)]
    let plugin = RecordingPlugin(script: script)
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.send(ExtendedHandshake())
      try await peer.wait(for: .haveAll)
      var other = RecordingScript()
      other.extendedMessages = [ExtendedMessage(name: "ab", maximumSize: 10), ExtendedMessage(name: "xy", maximumSize: 10)]
      let later = RecordingPlugin(script: other)
      rig.engine.replace(pipeline: try EngineRig.pipeline([later], generation: 2))
      await rig.engine.tick()
      try await peer.send(.extended(id: 1, ByteBuffer(string: "hi")))
      await later.log.wait(for: .onExtended, "xy with 2 bytes")
      #expect(plugin.log.calls(of: .onDisconnect).count == 1)
    }
  }

  @Test
  func anArtifactTakenOutOfServiceLosesItsPeersAndNobodyElseDoes() async throws {
    let artifact = try TestArtifact(Self.files)
    let other = try TestArtifact(id: 2, name: "other")
    try await EngineRig.run([artifact.seeded(), other.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      let bystander = try await rig.leecher(other)
      #expect(try await peer.isAlive(artifact))
      rig.engine.remove(1, reason: "removed by hand")
      try await peer.end()
      #expect(try await bystander.isAlive(other))
      #expect(rig.engine.totals.artifacts == 1)
      // What it had taken by then stays counted.
      try await rig.connections(1)
      #expect(rig.engine.uploaded(of: 1) == 16_384)
      let late = try await ScriptedPeer.dial(rig.address)
      try await late.send(bytes: ScriptedPeer.handshake(artifact.infoHash))
      try await late.end()
      #expect(try await late.receivedBytes() == 0)
    }
  }
}
