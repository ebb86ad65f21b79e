import Metainfo
import NIOCore
import NIOPosix
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Engine

/// An engine with one plugin that misbehaves in one hook, and a life that brings every hook about.
struct HookChaos {
  /// How a hook is brought about here. A hook that is new must be put somewhere: the switch has no default.
  enum Route {
    /// By peers, real links and the engine.
    case connection
    /// By the chain of handlers, where the engine does not bring it about yet.
    case chain
    /// As the node does at its start and its end.
    case node
  }

  static func route(_ hook: Hook) -> Route {
    switch hook {
    case .newTorrent, .newConnection, .tick, .onPause, .onResume, .onFilesChecked, .onState, .onAddPeer, .onUnknownTorrent, .addHandshake,
      .onHandshake, .onExtensionHandshake, .onChoke, .onUnchoke, .onInterested, .onNotInterested, .onHave, .onDontHave, .onBitfield,
      .onHaveAll, .onHaveNone, .onAllowedFast, .onSuggest, .onRequest, .onCancel, .onExtended, .onUnknownMessage, .onConnected,
      .onDisconnect, .canDisconnect, .getUnchokePriority, .onAuthorized, .sentChoke, .sentUnchoke, .sentBitfield, .sentHaveAll,
      .sentHaveNone, .sentReject, .sentAllowedFast, .sentSuggest, .sentPiece, .sentExtended, .sentPayload, .judge, .admit, .converse:
      .connection
    case .onPiecePass, .onPieceFailed, .onReject, .onPiece, .writeRequest, .sentInterested, .sentNotInterested, .sentHave, .sentRequest,
      .sentCancel:
      .chain
    case .saveState, .loadState: .node
    }
  }

  /// Whether the interface lets the hook throw.
  static func canThrow(_ hook: Hook) -> Bool {
    ![.onDisconnect, .onUnknownTorrent, .saveState, .sentPayload].contains(hook) && !hook.rawValue.hasPrefix("sent_")
  }

  /// What the plugin does in its hook, beside its work.
  enum Mischief {
    case nothing, fail, late

    struct OnPurpose: Error, CustomStringConvertible { let description = "broken on purpose" }

    func act(_ rig: EngineRig) throws {
      switch self {
      case .nothing: break
      case .fail: throw OnPurpose()
      case .late: rig.clock.advance(by: .milliseconds(150))
      }
    }
  }

  let rig: EngineRig
  let recorder: RecordingPlugin
  let installed: InstalledPlugin
  let whole: TestArtifact
  private let others: [TestArtifact]
  private let listener: ScriptedListener

  /// Runs the body with an engine whose plugin guards everything, allows everything, and misbehaves in the hook.
  static func run(
    _ hook: Hook?, _ mischief: Mischief, _ onError: OnError = .deny, _ body: @Sendable (HookChaos) async throws -> Void
  ) async throws {
    let (whole, part, empty) = (try TestArtifact(), try TestArtifact(id: 2, name: "part"), try TestArtifact(id: 3, name: "none"))
    var some = Bitfield(count: part.layout.pieceCount)
    some[0] = true
    let seeded = [whole.seeded(), part.seeded(have: some), empty.seeded(have: Bitfield(count: empty.layout.pieceCount))]
    let listener = try await ScriptedListener()
    try await EngineRig.run(seeded, settings: EngineRig.settings { $0.dials = true }) { rig async throws in
      let recorder = RecordingPlugin(script: script(hook) { try mischief.act(rig) })
      // The second fault is one too many, whenever it comes: hours pass here.
      let installed = InstalledPlugin(
        name: "chaos", plugin: recorder, place: "test.yaml:1:1", onError: onError, budget: .init(faults: 1, window: .seconds(10_000_000)))
      rig.engine.replace(pipeline: try Pipeline(plugins: [installed], generation: 2))
      try await body(
        HookChaos(rig: rig, recorder: recorder, installed: installed, whole: whole, others: [part, empty], listener: listener))
    }
    try await listener.close()
  }

  private static func script(_ hook: Hook?, _ act: @escaping @Sendable () throws -> Void) -> RecordingScript {
    var script = RecordingScript()
    script.guards = Set(Operation.allCases)
    script.admit = { _ in .allow("asked, and answered") }
    script.conversation = ExtendedMessage(name: "xy_words", maximumSize: 100)
    script.extendedMessages = [ExtendedMessage(name: "xy_note", maximumSize: 100)]
    script.unknownMessage = { _, _, _ in .handled }
    // What the engine never says by itself.
    script.acts[.onHandshake] = { peer in
      peer?.suggest(0)
      peer?.allowFast(0)
    }
    guard let hook else { return script }
    let usual = script.acts[hook]
    script.acts[hook] = { peer in
      try usual?(peer)
      try act()
    }
    return script
  }

  /// Brings every hook about, again and again, until it has come to what is wanted. Each step may fail: the plugin may prevent it.
  func provoke(until isDone: () -> Bool) async throws {
    var answered = 0
    try await eventually("what the plugin does") {
      var peers = await visit()
      try dial()
      await passTime()
      while listener.acceptedCount > answered {
        answered += 1
        peers.append(try await answer())
      }
      await passTime()
      for hook in Hook.allCases where Self.route(hook) != .connection { callByHand(hook) }
      _ = (rig.engine.pause(1), rig.engine.resume(1))
      for peer in peers { try? await peer.send(.notInterested) }
      await passTime()
      // Who wants nothing may be given up.
      rig.clock.advance(by: .seconds(20))
      await rig.engine.tick()
      for peer in peers { try? await peer.close() }
      // Whom we have dialed is dialed again after a while.
      rig.clock.advance(by: .seconds(3600))
      return isDone() ? () : nil
    }
  }

  /// Each tick waits for a turn of every loop; what has not come by then comes with the next visit.
  private func passTime() async {
    for _ in 0..<8 { await rig.engine.tick() }
  }

  /// One who answers, and one that is new each time and does not.
  private func dial() throws {
    let address = try listener.address
    let nobody = PeerAddress(ip: address.ip, port: UInt16(1 + recorder.log.calls.count % 1000))
    for address in [address, nobody] { rig.engine.dial(address, artifact: 1, isStatic: false) }
  }

  private func answer() async throws -> ScriptedPeer {
    let peer = try await listener.accept()
    try? await peer.send(bytes: ScriptedPeer.handshake(whole.infoHash) + Self.words(.haveNone, whole, isFast: true))
    return peer
  }

  /// All that a peer may say: with BEP 6 having all pieces and none, and without BEP 6; of what we have all, some and none of.
  private func visit() async -> [ScriptedPeer] {
    var peers: [ScriptedPeer] = []
    for artifact in [whole] + others {
      for (index, pieces) in [PeerMessage.haveAll, .haveNone, .bitfield(ByteBuffer(bytes: [0x80]))].enumerated() {
        guard let peer = try? await ScriptedPeer.dial(rig.address) else { continue }
        let reserved = index == 2 ? ReservedBits(rawValue: 0x10_0000) : .ours(v2: false)
        let bytes = ScriptedPeer.handshake(artifact.infoHash, reserved: reserved) + Self.words(pieces, artifact, isFast: index != 2)
        try? await peer.send(bytes: bytes)
        peers.append(peer)
      }
    }
    guard let stranger = try? await ScriptedPeer.dial(rig.address) else { return peers }
    try? await stranger.send(bytes: ScriptedPeer.handshake(.zero))
    return peers + [stranger]
  }

  private static func words(_ pieces: PeerMessage, _ artifact: TestArtifact, isFast: Bool) -> [UInt8] {
    var hello = ExtendedHandshake()
    hello.messages = ["xy_note": 9, "lt_donthave": 4]
    var dontHave = ByteBuffer()
    DontHaveMessage(piece: 0).encode(into: &dontHave)
    let (block, other) = (artifact.blocks[0], artifact.blocks[1])
    let fast: [PeerMessage] = isFast ? [.suggest(0), .allowedFast(0)] : []
    let messages: [PeerMessage] = [
      pieces, .extended(id: 0, ByteBuffer(bytes: hello.encoded())), .have(0), .choke, .unchoke,
      .extended(id: 1, ByteBuffer(string: "note")),
      .unknown(id: 99, ByteBuffer(string: "?")), .interested, .request(block), .request(other), .cancel(other),
    ]
    let ends: [PeerMessage] = [.extended(id: 3, dontHave), .have(0)]
    return ScriptedPeer.encoded(messages + fast + ends)
  }

  /// Calls a hook as the engine or the node would.
  private func callByHand(_ hook: Hook) {
    let clock = rig.clock
    let chain = PeerPluginChain(lane: HookLane(clock: { clock.now }))
    let context = PolicyFixtures.context(on: MultiThreadedEventLoopGroup.singleton.next(), artifact: whole.facts)
    guard !installed.isTripped, let torrent = try? recorder.newTorrent(whole.facts), let peer = try? torrent.newConnection(context) else {
      return
    }
    chain.append(peer, of: installed)
    let block = whole.blocks[0]
    switch hook {
    case .onReject: _ = try? chain.onReject(block)
    case .onPiece: _ = try? chain.onPiece(block, ByteBuffer(repeating: 1, count: Int(block.length)))
    case .writeRequest: _ = try? chain.writeRequest(block)
    case .onPiecePass: try? chain.onPiecePass(0)
    case .onPieceFailed: try? chain.onPieceFailed(0)
    case .sentInterested: chain.sent(.interested)
    case .sentNotInterested: chain.sent(.notInterested)
    case .sentHave: chain.sent(.have(0))
    case .sentRequest: chain.sent(.request(block))
    case .sentCancel: chain.sent(.cancel(block))
    case .saveState: _ = installed.call(.saveState) { recorder.saveState() }
    case .loadState: try? installed.call(.loadState) { try recorder.loadState([]) }
    default: Issue.record("nobody knows how to call \(hook) by hand")
    }
    chain.onDisconnect(DisconnectReason(.remote, "gone"))
  }
}
