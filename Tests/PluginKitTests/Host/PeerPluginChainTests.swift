import Metainfo
import NIOCore
import NIOEmbedded
import PeerProtocol
import PluginKit
import TestSupport
import Testing

struct PeerPluginChainTests {
  /// A chain of recording plugins that share a log; each is called by its name in the chain.
  private struct Fixture {
    let chain = PeerPluginChain()
    var installed: [InstalledPlugin] = []
    let logs: [RecordingLog]
    let context = PolicyFixtures.context(on: EmbeddedEventLoop())

    init(_ scripts: RecordingScript...) throws {
      logs = scripts.map { _ in RecordingLog() }
      for (index, script) in scripts.enumerated() {
        let plugin = RecordingPlugin(log: logs[index], script: script)
        let installed = InstalledPlugin(name: "plugin-\(index)", plugin: plugin, place: "test.yaml:\(index + 1):1")
        let torrent = try #require(try plugin.newTorrent(PolicyFixtures.artifact()))
        chain.append(try #require(try torrent.newConnection(context)), of: installed)
        self.installed.append(installed)
      }
    }

    func called(_ hook: Hook) -> [Bool] { logs.map { !$0.calls(of: hook).isEmpty } }
  }

  private struct Broken: Error, CustomStringConvertible {
    let description = "broken"
  }

  private let block = Block(piece: 1, offset: 0, length: 16_384)

  private func script(_ change: (inout RecordingScript) -> Void) -> RecordingScript {
    var script = RecordingScript()
    change(&script)
    return script
  }

  @Test func handlersAreAskedInOrderUntilOneDoesNotPass() throws {
    let fixture = try Fixture(RecordingScript(), script { $0.handlings[.onHave] = .handled }, RecordingScript())
    #expect(try fixture.chain.onHave(3) == .handled)
    #expect(fixture.called(.onHave) == [true, true, false])
  }

  @Test func engineActsWhereAllPass() throws {
    let fixture = try Fixture(RecordingScript(), RecordingScript())
    #expect(try fixture.chain.onInterested() == .pass)
    #expect(try fixture.chain.onRequest(block) == nil)
    #expect(fixture.called(.onInterested) == [true, true])
    #expect(fixture.called(.onRequest) == [true, true])
  }

  @Test func firstAnswerToARequestCountsAndIsNamed() throws {
    let fixture = try Fixture(
      RecordingScript(), script { $0.request = { _, _ in .reject("not today") } }, script { $0.request = { _, _ in .handled } })
    let answered = try #require(try fixture.chain.onRequest(block))
    #expect(answered.answer == .reject("not today"))
    #expect(answered.plugin == "plugin-1")
    #expect(fixture.called(.onRequest) == [true, true, false])
  }

  @Test func onlyThoseAreCalledForEachBlockThatListen() throws {
    let fixture = try Fixture(
      script { $0.blockHooks = [] }, script { $0.blockHooks = .onRequest }, script { $0.blockHooks = .sentPiece }, RecordingScript())
    #expect(try fixture.chain.onRequest(block) == nil)
    fixture.chain.sent(.piece(block))
    #expect(fixture.called(.onRequest) == [false, true, false, true])
    #expect(fixture.called(.sentPiece) == [false, false, true, true])
  }

  /// The indices of those who listen are others then.
  @Test func listenersAreFoundAnewWhenOneLeaves() throws {
    let fixture = try Fixture(script { $0.participations[.onHandshake] = .leave }, script { $0.request = { _, _ in .reject("no") } })
    #expect(try participate(.onHandshake, fixture.chain)?.plugin == nil)
    #expect(try fixture.chain.onRequest(block)?.plugin == "plugin-1")
    #expect(fixture.called(.onRequest) == [false, true])
  }

  @Test func throwNamesPluginAndHookAndCountsAsAFault() throws {
    let fixture = try Fixture(RecordingScript(), script { $0.request = { _, _ in throw Broken() } })
    let failure = #expect(throws: PluginFailure.self) { try fixture.chain.onRequest(block) }
    #expect(failure?.plugin == "plugin-1")
    #expect(failure?.hook == .onRequest)
    #expect(failure?.description == "plugin plugin-1 failed in on_request: broken")
    #expect(fixture.installed[1].statistics.snapshot.faults == [.onRequest: 1])
    #expect(fixture.installed[0].statistics.snapshot.faults.isEmpty)
  }

  @Test(arguments: [
    Hook.addHandshake, .onConnected, .onHandshake, .onExtensionHandshake, .onChoke, .onUnchoke, .onInterested, .onNotInterested, .onHave,
    .onDontHave, .onBitfield, .onHaveAll, .onHaveNone, .onAllowedFast, .onSuggest, .onReject, .onRequest, .onCancel, .onExtended,
    .onUnknownMessage, .tick, .canDisconnect, .getUnchokePriority,
  ])
  func everyHookReachesTheHandlersAndAThrowInItIsCaught(hook: Hook) throws {
    let calm = try Fixture(RecordingScript(), RecordingScript())
    try call(hook, calm.chain)
    #expect(calm.called(hook) == [true, true])
    let broken = try Fixture(script { $0.acts[hook] = { _ in throw Broken() } }, RecordingScript())
    let failure = #expect(throws: PluginFailure.self) { try call(hook, broken.chain) }
    #expect(failure?.hook == hook)
    #expect(failure?.plugin == "plugin-0")
    #expect(broken.called(hook) == [true, false])
    #expect(broken.installed[0].statistics.snapshot.faults == [hook: 1])
  }

  @Test(arguments: [Hook.onHandshake, .onExtensionHandshake])
  func leavingHandlersAreAskedNoMore(hook: Hook) throws {
    let fixture = try Fixture(script { $0.participations[hook] = .leave }, RecordingScript())
    #expect(try participate(hook, fixture.chain) == nil)
    #expect(fixture.chain.names == ["plugin-1"])
    _ = try fixture.chain.onHave(0)
    fixture.chain.onDisconnect(DisconnectReason(.remote, "gone"))
    #expect(fixture.called(.onHave) == [false, true])
    #expect(fixture.called(.onDisconnect) == [false, true])
  }

  @Test(arguments: [Hook.onHandshake, .onExtensionHandshake])
  func refusalNamesThePluginAndItsReason(hook: Hook) throws {
    let fixture = try Fixture(RecordingScript(), script { $0.participations[hook] = .refuse("wrong client") }, RecordingScript())
    let refusal = try #require(try participate(hook, fixture.chain))
    #expect(refusal.plugin == "plugin-1")
    #expect(refusal.answer == "wrong client")
    #expect(fixture.called(hook) == [true, true, false])
  }

  @Test func additionsOfAllPluginsAreGathered() throws {
    let fixture = try Fixture(
      script { $0.additions = ["a": .integer(1), "m": .integer(9)] }, script { $0.additions = ["a": .integer(2), "b": .integer(2)] })
    var additions = HandshakeAdditions()
    try fixture.chain.addHandshake(&additions)
    #expect(additions.keys == ["a": .integer(1), "b": .integer(2)])
  }

  @Test func lowestUnchokePriorityCounts() throws {
    #expect(try Fixture(RecordingScript()).chain.unchokePriority() == nil)
    let fixture = try Fixture(script { $0.unchokePriority = 7 }, RecordingScript(), script { $0.unchokePriority = 3 })
    #expect(try fixture.chain.unchokePriority() == 3)
  }

  @Test func disconnectIsToldOnceAndRequestsAreCounted() throws {
    let fixture = try Fixture(RecordingScript())
    for _ in 0..<3 { _ = try fixture.chain.onRequest(block) }
    fixture.chain.onDisconnect(DisconnectReason(.engine, "limit"))
    fixture.chain.onDisconnect(DisconnectReason(.engine, "again"))
    #expect(fixture.logs[0].calls(of: .onDisconnect).map(\.detail) == ["limit"])
    #expect(fixture.installed[0].statistics.snapshot.calls[.onRequest] == 3)
    #expect(fixture.chain.isEmpty)
  }

  @Test func whatWasSentIsTold() throws {
    let fixture = try Fixture(RecordingScript())
    fixture.chain.sent(.haveAll)
    fixture.chain.sent(.piece(block))
    fixture.chain.sent(.extended("ut_metadata"))
    fixture.chain.sentPayload(16_384)
    #expect(
      fixture.logs[0].transcript(without: [.newTorrent, .newConnection]) == [
        "sent_have_all", "sent_piece piece 1 offset 0 length 16384", "sent_extended ut_metadata", "sent_payload 16384",
      ])
  }

  private func participate(_ hook: Hook, _ chain: PeerPluginChain) throws -> PeerPluginChain.Answered<String>? {
    if hook == .onExtensionHandshake { return try chain.onExtensionHandshake(ExtendedHandshake()) }
    let id = try #require(PeerID([UInt8](repeating: 65, count: 20)))
    return try chain.onHandshake(PeerHandshake(peerID: id, reserved: ReservedBits(rawValue: 0), infoHash: .zero))
  }

  private func call(_ hook: Hook, _ chain: PeerPluginChain) throws {
    switch hook {
    case .addHandshake:
      var additions = HandshakeAdditions()
      try chain.addHandshake(&additions)
    case .onHandshake, .onExtensionHandshake: _ = try participate(hook, chain)
    case .onConnected: try chain.onConnected()
    case .tick: try chain.tick(.now)
    case .onRequest: _ = try chain.onRequest(block)
    case .getUnchokePriority: _ = try chain.unchokePriority()
    default: _ = try handle(hook, chain)
    }
  }

  private func handle(_ hook: Hook, _ chain: PeerPluginChain) throws -> Handling {
    switch hook {
    case .onChoke: try chain.onChoke()
    case .onUnchoke: try chain.onUnchoke()
    case .onInterested: try chain.onInterested()
    case .onNotInterested: try chain.onNotInterested()
    case .onHave: try chain.onHave(1)
    case .onDontHave: try chain.onDontHave(1)
    case .onBitfield: try chain.onBitfield(Bitfield(count: 8))
    case .onHaveAll: try chain.onHaveAll()
    case .onHaveNone: try chain.onHaveNone()
    case .onAllowedFast: try chain.onAllowedFast(1)
    case .onSuggest: try chain.onSuggest(1)
    case .onReject: try chain.onReject(block)
    case .onCancel: try chain.onCancel(block)
    case .onExtended: try chain.onExtended("ut_test", ByteBuffer())
    case .onUnknownMessage: try chain.onUnknownMessage(77, ByteBuffer())
    case .canDisconnect: try chain.canDisconnect(.inactivity)
    default: throw Broken()
    }
  }
}
