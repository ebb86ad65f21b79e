import Logging
import Metainfo
import NIOCore
import NIOEmbedded
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Plugins

/// What a gate counts, and how a rule for the first bytes ends while blocks flow.
struct GateAllowanceTests {
  private final class Rig {
    let store = MemoryPluginStore()
    let memory = PluginMemory()
    let settings: LiteralValue
    let artifact = PolicyFixtures.artifact(layout: PolicyFixtures.layout(["a": 1 << 20], pieceLength: 1 << 18))
    private(set) var gate: GatePlugin

    init(_ settings: LiteralValue) throws {
      self.settings = settings
      gate = try Self.make(settings, store, memory)
    }

    private static func make(_ settings: LiteralValue, _ store: MemoryPluginStore, _ memory: PluginMemory) throws -> GatePlugin {
      let services = PluginServices(
        wallClock: { PolicyFixtures.noon }, clock: { .now }, journal: TestJournal(), logger: Logger(label: "test"), folder: "/",
        store: store, memory: memory)
      return try GatePlugin(settings: LiteralSettings(settings).decode(GateSettings.self), services: services)
    }

    func reload() throws { gate = try Self.make(settings, store, memory) }

    func facts(_ address: String = "10.1.2.3", isConnected: Bool = false) -> PeerFacts {
      var facts = PolicyFixtures.peer(address, artifact: artifact)
      facts.peerID = PeerID([UInt8](repeating: 7, count: 20))
      facts.history = gate.history(of: facts, isConnected: isConnected)
      return facts
    }

    /// A connection that the guards have just let in.
    func connect(_ address: String = "10.1.2.3") throws -> (handler: any PeerPlugin, context: PeerContext) {
      let context = PolicyFixtures.context(on: EmbeddedEventLoop(), artifact: artifact)
      context.facts = facts(address)
      return (try #require(try gate.newTorrent(artifact)?.newConnection(context)), context)
    }

    /// What the engine does when a plugin asks for it.
    func judgeAgain(_ context: PeerContext) -> Bool {
      let wanted = context.acts.contains { if case .judge = $0 { true } else { false } }
      context.acts = []
      if wanted { context.facts = facts(isConnected: true) }
      return wanted
    }
  }

  private func block(_ number: Int) -> Block { Block(piece: UInt32(number / 16), offset: UInt32(number % 16) * 16_384, length: 16_384) }

  private func send(_ block: Block, _ handler: any PeerPlugin) throws -> RequestAnswer {
    let answer = try handler.onRequest(block)
    if answer == .pass {
      handler.sent(.piece(block))
      handler.sentPayload(16_384)
    }
    return answer
  }

  @Test func theFirstBytesGoOutAndNoMore() throws {
    let rig = try Rig(["on_request": [["when": ["bytes-below": "64 KiB"]]]])
    let (handler, context) = try rig.connect()
    for number in 0..<4 { #expect(try send(block(number), handler) == .pass) }
    #expect(try handler.onRequest(block(4)) == .postpone(until: context.now + .milliseconds(250)))
    #expect(rig.judgeAgain(context))
    #expect(context.facts.history?.bytes == 65_536)
    #expect(try !rig.gate.judge(.request, context.facts).isAllowed)
    // Another connection of the principal is told the same; another principal is not.
    #expect(try !rig.gate.judge(.request, rig.facts()).isAllowed)
    #expect(try rig.gate.judge(.request, rig.facts("10.1.2.4")).isAllowed)
  }

  @Test func connectionsOfOnePrincipalShareTheRoom() throws {
    let rig = try Rig(["on_request": [["when": ["bytes-below": "64 KiB"]]]])
    let (first, _) = try rig.connect()
    let (second, context) = try rig.connect()
    // Let through and not yet sent: nobody else may have that room.
    for number in 0..<4 { #expect(try first.onRequest(block(number)) == .pass) }
    #expect(try second.onRequest(block(4)) == .postpone(until: context.now + .milliseconds(250)))
    #expect(!rig.judgeAgain(context), "it is not used up yet")
    first.onDisconnect(DisconnectReason(.engine, "gone"))
    for number in 0..<4 { #expect(try send(block(number), second) == .pass) }
    #expect(try second.onRequest(block(5)) != .pass)
    #expect(rig.judgeAgain(context))
  }

  @Test func whatDoesNotFitAnyMoreEndsTheRule() throws {
    let rig = try Rig(["on_request": [["when": ["bytes-below": "40 KiB"]]]])
    let (handler, context) = try rig.connect()
    for number in 0..<2 { #expect(try send(block(number), handler) == .pass) }
    #expect(try handler.onRequest(block(2)) != .pass)
    #expect(rig.judgeAgain(context))
    #expect(context.facts.history?.bytes == 40_960, "8 KiB are left, and no block fits")
    #expect(try !rig.gate.judge(.request, context.facts).isAllowed)
  }

  @Test func theNextRuleTakesOver() throws {
    let rig = try Rig(["on_request": [["when": ["bytes-below": "32 KiB"]], ["answer": "postpone", "for": "30s"]]])
    let (handler, context) = try rig.connect()
    for number in 0..<2 { #expect(try send(block(number), handler) == .pass) }
    #expect(try handler.onRequest(block(2)) == .postpone(until: context.now + .milliseconds(250)))
    #expect(rig.judgeAgain(context))
    #expect(try rig.gate.judge(.request, context.facts).rule == "on_request[1]")
    #expect(try handler.onRequest(block(2)) == .postpone(until: context.began + .seconds(30)))
    context.now += .seconds(30)
    #expect(try handler.onRequest(block(2)) == .pass)
  }

  @Test func bytesAreKeptAndForgottenAfterAQuietQuarter() throws {
    let rig = try Rig(["on_request": [["when": ["bytes-below": "64 KiB"]]]])
    let (handler, _) = try rig.connect()
    for number in 0..<4 { #expect(try send(block(number), handler) == .pass) }
    handler.onDisconnect(DisconnectReason(.engine, "gone"))
    try rig.reload()
    #expect(rig.facts().history?.bytes == 65_536)
    let key = try #require(rig.store.keys.first)
    let account = try #require(rig.store.value(key).flatMap(QuotaAccount.init))
    #expect(account.expires == PolicyFixtures.noon.nanoseconds + 90 * 86_400_000_000_000)
    #expect(rig.store.keys.count == 1)
  }

  @Test func connectionsAreCountedAcrossAReload() throws {
    let rig = try Rig(["connect": [["when": ["connections-below": 2]]]])
    let connections = try (0..<2).map { _ in try rig.connect() }
    #expect(rig.facts().history == PeerHistory(bytes: nil, connections: 2))
    #expect(rig.facts(isConnected: true).history?.connections == 1)
    #expect(try !rig.gate.judge(.connect, rig.facts()).isAllowed)
    #expect(try rig.gate.judge(.connect, rig.facts(isConnected: true)).isAllowed, "those that are there stay")
    #expect(try rig.gate.judge(.connect, rig.facts("10.1.2.4")).isAllowed)
    // A reload makes the handlers anew: the former ones go.
    try rig.reload()
    for connection in connections { connection.handler.onDisconnect(DisconnectReason(.engine, "the policy is a new one")) }
    let renewed = try (0..<2).map { _ in try rig.connect() }
    #expect(rig.facts().history?.connections == 2)
    renewed[0].handler.onDisconnect(DisconnectReason(.engine, "gone"))
    #expect(try rig.gate.judge(.connect, rig.facts()).isAllowed)
    #expect(rig.store.keys.isEmpty, "bytes are counted only where a rule looks at them")
  }
}
