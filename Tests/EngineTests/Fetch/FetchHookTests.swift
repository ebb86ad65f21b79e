import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Engine

/// The hooks of the download side, over real sockets.
@Suite struct FetchHookTests {
  private static let id: Int64 = 7

  /// A seed that we play ourselves: it has shaken hands with the fetching engine, has everything, and waits for requests.
  private static func seed(_ rig: EngineRig, _ artifact: TestArtifact, from source: String = "127.0.0.9") async throws -> ScriptedPeer {
    let peer = try await rig.peer(artifact, from: source)
    try await peer.send(.haveAll)
    try await peer.wait(for: .interested)
    try await peer.send(.unchoke)
    return peer
  }

  private static func request(_ peer: ScriptedPeer) async throws -> Block {
    try await peer.next("a request") { message in if case .request(let block) = message { block } else { nil } }
  }

  private static func give(_ block: Block, _ artifact: TestArtifact, _ peer: ScriptedPeer, spoilt: Bool = false) async throws {
    var bytes = artifact.bytes(of: block)
    if spoilt { bytes[0] ^= 0xFF }
    try await peer.send(.piece(PieceData(piece: block.piece, offset: block.offset, bytes: ByteBuffer(bytes: bytes))))
  }

  @Test func `each request, block and piece is shown to plugins, in the order of things`() async throws {
    let artifact = try TestArtifact(["a.bin": 40_000])
    let target = try FetchTarget(artifact, id: Self.id)
    let recorder = RecordingPlugin()
    try await EngineRig.run([], plugins: [recorder]) { rig in
      _ = try rig.engine.fetch(target.order())
      let peer = try await Self.seed(rig, artifact)
      for _ in artifact.blocks { try await Self.give(try await Self.request(peer), artifact, peer) }
      #expect(try await rig.finishFetch(Self.id).stage == .complete)
      try await peer.wait(for: .notInterested)
      let calls = recorder.log.transcript()
      func first(_ call: String) throws -> Int { try #require(calls.firstIndex { $0.hasPrefix(call) }, "\(call) in \(calls)") }
      let order = [
        "on_have_all", "sent_interested", "on_unchoke", "write_request", "sent_request", "on_piece ", "on_piece_pass", "sent_have ",
      ]
      #expect(try order.map(first) == order.map(first).sorted(), "\(calls)")
      // Each block that was asked for was shown before.
      let (shown, asked) = (recorder.log.calls(of: .writeRequest), recorder.log.calls(of: .sentRequest))
      #expect(shown.count == artifact.blocks.count && asked.count == artifact.blocks.count)
      #expect(recorder.log.calls(of: .onPiece).count == artifact.blocks.count)
      // The artifact's part and the connection's are told of each piece.
      #expect(recorder.log.calls(of: .onPiecePass).count == 2 * artifact.layout.pieceCount)
      #expect(recorder.log.calls(of: .sentNotInterested).count == 1)
      try await eventually("the state told last") { recorder.log.calls(of: .onState).last?.detail == "ready" ? () : nil }
    }
  }

  @Test func `who wants nothing of us hears of a piece at once, and who does of four together or with the tick`() async throws {
    // Each piece is one block.
    let artifact = try TestArtifact(["a.bin": 8 * 16_384], pieceLength: 16_384)
    let target = try FetchTarget(artifact, id: Self.id)
    let recorder = RecordingPlugin()
    let listening = try #require(IPAddress("127.0.0.8"))
    try await EngineRig.run([], plugins: [recorder], settings: EngineRig.settings { $0.eventLoops = 1 }) { rig in
      _ = try rig.engine.fetch(target.order())
      let listener = try await rig.peer(artifact, from: "127.0.0.8")
      try await listener.send(.haveNone)
      let giver = try await Self.seed(rig, artifact)
      func hear() async throws -> UInt32 {
        try await listener.next("a have") { message in if case .have(let piece) = message { piece } else { nil } }
      }
      func give(_ held: Int) async throws {
        try await Self.give(try await Self.request(giver), artifact, giver)
        try await eventually("\(held) pieces") { rig.engine.fetchSnapshot(of: Self.id)?.held == held ? () : nil }
        // What was queued on the loop is done.
        _ = await rig.engine.peers()
      }
      try await give(1)
      var heard: Set<UInt32> = [try await hear()]
      try await listener.send(.interested)
      try await listener.wait(for: .unchoke)
      for held in 2...4 { try await give(held) }
      #expect(recorder.log.calls(of: .sentHave).count { $0.peer?.ip == listening } == 1)
      try await give(5)
      for _ in 0..<4 { heard.insert(try await hear()) }
      try await give(6)
      #expect(recorder.log.calls(of: .sentHave).count { $0.peer?.ip == listening } == 5)
      await rig.engine.tick()
      heard.insert(try await hear())
      #expect(heard.count == 6)
    }
  }

  @Test func `a block that is withheld is at once asked of another`() async throws {
    let artifact = try TestArtifact(["a.bin": 16_384])
    let target = try FetchTarget(artifact, id: Self.id)
    var script = RecordingScript()
    let shut = PeerAddress(ip: try #require(IPAddress("127.0.0.8")), port: 1).ip
    script.writeRequest = { peer, _ in peer.facts.address.ip == shut ? .withhold("not of this one", until: nil) : .pass }
    let recorder = RecordingPlugin(script: script)
    try await EngineRig.run([], plugins: [recorder]) { rig in
      _ = try rig.engine.fetch(target.order())
      let closed = try await Self.seed(rig, artifact, from: "127.0.0.8")
      await recorder.log.wait(for: .writeRequest)
      let open = try await Self.seed(rig, artifact)
      try await Self.give(try await Self.request(open), artifact, open)
      #expect(try await rig.finishFetch(Self.id).stage == .complete)
      let asked = recorder.log.calls(of: .sentRequest).compactMap(\.peer)
      #expect(asked.allSatisfy { $0.ip != shut } && !asked.isEmpty)
      #expect(rig.journal.records.contains { $0.verdict == "withhold" && $0.reason == "not of this one" })
      withExtendedLifetime(closed) {}
    }
  }

  @Test func `a reject, a wrong piece, a discarded block and a needless request are told`() async throws {
    let artifact = try TestArtifact(["a.bin": 16_384])
    let target = try FetchTarget(artifact, id: Self.id)
    var script = RecordingScript()
    let (odd, good) = (try #require(IPAddress("127.0.0.7")), try #require(IPAddress("127.0.0.6")))
    script.piece = { peer, _, _ in peer.facts.address.ip == odd ? .discard("not from there") : .pass }
    let recorder = RecordingPlugin(script: script)
    try await EngineRig.run([], plugins: [recorder]) { rig in
      _ = try rig.engine.fetch(target.order())
      let rejecting = try await Self.seed(rig, artifact, from: "127.0.0.9")
      try await rejecting.send(.reject(try await Self.request(rejecting)))
      await recorder.log.wait(for: .onReject)
      let discarded = try await Self.seed(rig, artifact, from: odd.description)
      try await Self.give(try await Self.request(discarded), artifact, discarded)
      await recorder.log.wait(for: .onPiece)
      let wrong = try await Self.seed(rig, artifact, from: "127.0.0.8")
      try await Self.give(try await Self.request(wrong), artifact, wrong, spoilt: true)
      await recorder.log.wait(for: .onPieceFailed)
      _ = try await wrong.end()
      // In the end two are asked for the same block: the one that was slower has its request taken back.
      let first = try await Self.seed(rig, artifact, from: good.description)
      let block = try await Self.request(first)
      let second = try await Self.seed(rig, artifact, from: "127.0.0.5")
      #expect(try await Self.request(second) == block)
      try await Self.give(block, artifact, first)
      await recorder.log.wait(for: .sentCancel)
      #expect(try await rig.finishFetch(Self.id).stage == .complete)
      let refused = rig.journal.records.filter { $0.rule == "data" }
      #expect(refused.map(\.principal) == ["127.0.0.8"])
      #expect(rig.journal.records.contains { $0.verdict == "discard" && $0.reason == "not from there" })
    }
  }

  @Test func `a plugin that keeps an unchoke to itself is heeded: nothing is asked`() async throws {
    let artifact = try TestArtifact(["a.bin": 70_000])
    let target = try FetchTarget(artifact, id: Self.id)
    var script = RecordingScript()
    script.handlings[.onUnchoke] = .handled
    let recorder = RecordingPlugin(script: script)
    try await EngineRig.run([], plugins: [recorder]) { rig in
      _ = try rig.engine.fetch(target.order())
      let peer = try await Self.seed(rig, artifact)
      await recorder.log.wait(for: .onUnchoke)
      for _ in 0..<3 { await rig.engine.tick() }
      #expect(recorder.log.calls(of: .sentRequest).isEmpty)
      withExtendedLifetime(peer) {}
    }
  }
}
