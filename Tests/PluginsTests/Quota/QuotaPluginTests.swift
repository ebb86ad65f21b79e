import Logging
import Metainfo
import NIOEmbedded
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Plugins

struct QuotaPluginTests {
  /// A node with one quota, whose clock the test moves.
  private final class Wall: Sendable {
    private let time = Mutex(PolicyFixtures.noon)
    var now: WallTime { time.withLock { $0 } }
    func pass(hours: Int) { time.withLock { $0 = WallTime(nanoseconds: $0.nanoseconds + Int64(hours) * 3_600_000_000_000) } }
  }

  private final class Fixture {
    let wall = Wall()
    let journal = TestJournal()
    let counters = PluginCounters()
    let store: any PluginStore
    private(set) var plugin: QuotaPlugin?

    init(_ rules: LiteralValue, store: any PluginStore = MemoryPluginStore()) throws {
      self.store = store
      plugin = try make(rules)
    }

    func make(_ rules: LiteralValue) throws -> QuotaPlugin {
      let wall = wall
      let services = PluginServices(
        wallClock: { wall.now }, clock: { .now }, journal: journal, logger: Logger(label: "test"), folder: "/",
        store: store, counters: counters)
      return try QuotaPlugin(settings: LiteralSettings(rules).decode(QuotaSettings.self), services: services)
    }

    func connection(_ artifact: ArtifactFacts = PolicyFixtures.artifact()) throws -> Connection {
      let context = PolicyFixtures.context(on: EmbeddedEventLoop(), artifact: artifact)
      context.supportsFast = true
      context.facts.now = wall.now
      return Connection(context: context, peer: try plugin?.newTorrent(artifact)?.newConnection(context))
    }

    func judge(_ address: String = "10.1.2.3", _ artifact: ArtifactFacts = PolicyFixtures.artifact()) throws -> Verdict? {
      try plugin?.judge(.request, PolicyFixtures.peer(address, artifact: artifact, now: wall.now))
    }

    func pass(hours: Int) { wall.pass(hours: hours) }
  }

  private struct Connection {
    let context: PeerContext
    let peer: (any PeerPlugin)?

    func ask(_ number: Int, length: UInt32 = 16_384) throws -> RequestAnswer? { try peer?.onRequest(block(number, length)) }
    func send(_ number: Int, length: UInt32 = 16_384) {
      peer?.sent(.piece(block(number, length)))
      peer?.sentPayload(Int(length))
    }
    func block(_ number: Int, _ length: UInt32 = 16_384) -> Block { Block(piece: UInt32(number), offset: 0, length: length) }
    var acts: [String] { context.acts.map { "\($0)" } }
  }

  private static let day: LiteralValue = [["bytes": "64 KiB", "window": "1d"]]

  @Test func aPrincipalGetsItsBytesAndNoMoreUntilTheWindowEnds() throws {
    let node = try Fixture(Self.day)
    let one = try node.connection()
    for number in 0..<4 { #expect(try one.ask(number) == .pass) }
    // All of it is promised: further requests wait for what becomes of these.
    guard case .postpone = try one.ask(4) else { return #expect(Bool(false), "it did not wait") }
    for number in 0..<4 { one.send(number) }
    #expect(try one.ask(4) == .reject(""))
    #expect(one.acts == ["choke"])
    let verdict = try #require(try node.judge())
    #expect(!verdict.isAllowed && verdict.rule == "quota[0]" && verdict.place == "$[0]")
    #expect(verdict.reason == "quota[0]: 10.1.2.3 has used 64 KiB of 64 KiB in 1d, again at 2026-11-24T00:00:00Z")
    #expect(verdict.validUntil == WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + 43_200_000_000_000))
    #expect(try node.judge("10.1.2.4")?.isAllowed == true)
    // Once for the window, however often it is asked for.
    #expect(try one.ask(5) == .reject(""))
    #expect(node.journal.records.map(\.reason) == [verdict.reason] && node.journal.records.first?.rule == "quota[0]")
    #expect(node.counters.snapshot["quota_refused_requests"] == 2)
    node.pass(hours: 12)
    try one.peer?.tick(.now)
    #expect(one.acts == ["choke", "unchoke"])
    #expect(try one.ask(5) == .pass)
  }

  @Test func allConnectionsAndArtifactsOfAPrincipalShareItsAccount() throws {
    let node = try Fixture(Self.day)
    let other = PolicyFixtures.artifact("other", infoHash: PolicyFixtures.infoHash(7))
    let connections = [try node.connection(), try node.connection(other)]
    for (index, connection) in connections.enumerated() {
      for number in 0..<2 {
        #expect(try connection.ask(number) == .pass, "\(index)")
        connection.send(number)
      }
    }
    #expect(try connections[0].ask(9) == .reject("") && connections[1].ask(9) == .reject(""))
    #expect(node.journal.records.count == 1)
  }

  @Test func whatIsNotSentIsNotCounted() throws {
    let node = try Fixture(Self.day)
    let one = try node.connection()
    for number in 0..<4 { #expect(try one.ask(number) == .pass) }
    one.peer?.sent(.reject(one.block(1)))
    #expect(try one.ask(7) == .pass)
    one.peer?.sent(.choke)
    for number in 10..<14 { #expect(try one.ask(number) == .pass) }
    one.peer?.onDisconnect(DisconnectReason(.remote, "gone"))
    // It left with four promises: another has all of it.
    let next = try node.connection()
    for number in 0..<4 { #expect(try next.ask(number) == .pass) }
    #expect(try node.judge()?.reason == "within quota[0]: 0 B of 64 KiB in 1d, until 2026-11-24T00:00:00Z")
  }

  @Test func whatIsDroppedIsFreedOnceAndNothingElseIs() throws {
    let node = try Fixture(Self.day)
    let one = try node.connection()
    one.context.supportsFast = false
    for number in 0..<4 { #expect(try one.ask(number) == .pass) }
    one.peer?.sent(.reject(one.block(2)))
    one.peer?.sent(.reject(one.block(99)))
    #expect(try one.ask(8) == .pass)
    guard case .postpone = try one.ask(9) else { return #expect(Bool(false), "the drop of nothing freed something") }
  }

  @Test func blocksAreCountedAndTheStricterOfTwoRulesHolds() throws {
    let node = try Fixture([["blocks": 2, "window": "1h", "per": "principal-and-artifact"], ["bytes": "1 GiB", "window": "1d"]])
    let one = try node.connection()
    for number in 0..<2 {
      #expect(try one.ask(number) == .pass)
      one.send(number)
    }
    #expect(try one.ask(2) == .reject(""))
    #expect(try node.judge()?.reason == "quota[0]: 10.1.2.3 of app-1.0 has used 2 of 2 blocks in 1h, again at 2026-11-23T13:00:00Z")
    #expect(try node.connection(PolicyFixtures.artifact(infoHash: PolicyFixtures.infoHash(9))).ask(0) == .pass)
  }

  @Test func aRuleIsAboutThePrincipalsAndArtifactsThatItNames() throws {
    let node = try Fixture([
      ["principals": ["10.1.0.0/16"], "artifacts": ["app-*"], "per": "artifact", "bytes": "16 KiB", "window": "1d", "until": "2026-11-24"]
    ])
    #expect(try node.judge("10.2.0.1")?.reason == "no quota is about it")
    #expect(try node.connection(PolicyFixtures.artifact("other")).peer == nil)
    let one = try node.connection()
    #expect(try one.ask(0) == .pass)
    one.send(0)
    #expect(try one.ask(1) == .reject(""))
    #expect(try node.judge("10.1.9.9")?.reason.hasPrefix("quota[0]: app-1.0 has used 16 KiB of 16 KiB in 1d") == true)
    node.pass(hours: 36)
    #expect(try node.connection().peer == nil)
  }

  @Test func aRatePostponesAndRejectsNothing() throws {
    let node = try Fixture([["rate": "1 MiB/s"]])
    let one = try node.connection()
    var passed = 0
    while try one.ask(passed) == .pass { passed += 1 }
    // A quarter of a second is saved up.
    #expect((16...18).contains(passed))
    guard case .postpone(let until) = try one.ask(99) else { return #expect(Bool(false), "it did not wait") }
    #expect(until > one.context.now && until < one.context.now + .milliseconds(100))
    #expect(one.acts.isEmpty && node.journal.records.isEmpty)
    #expect(try node.judge()?.reason == "within quota[0]: at most 1 MiB/s")
  }

  @Test func whatAReloadMakesAnewGoesOnWithTheSameAccountsAlsoForPeersFromBefore() throws {
    let node = try Fixture(Self.day)
    let before = try node.connection()
    for number in 0..<2 {
      #expect(try before.ask(number) == .pass)
      before.send(number)
    }
    let again = try Fixture(Self.day, store: node.store)
    let after = try again.connection()
    for number in 2..<4 {
      #expect(try after.ask(number) == .pass)
      after.send(number)
    }
    #expect(try before.ask(9) == .reject("") && after.ask(9) == .reject(""))
    // More is allowed now: what was used still counts.
    let wider = try Fixture([["bytes": "80 KiB", "window": "1d"]], store: node.store)
    #expect(try wider.judge()?.reason.contains("64 KiB of 80 KiB") == true)
    #expect(try wider.judge()?.isAllowed == true && wider.connection().ask(0) == .pass)
  }

  @Test func aStoreThatTakesNothingLetsNothingOut() throws {
    struct Closed: PluginStore {
      let keys: [String] = []
      func value(_ key: String) -> [UInt8]? { nil }
      func update(_ key: String, lasting: Bool, _ change: (inout [UInt8]?) -> Void) -> Bool { false }
    }
    let one = try Fixture(Self.day, store: Closed()).connection()
    guard case .reject(let reason) = try one.ask(0) else { return #expect(Bool(false), "it was let out") }
    #expect(reason.contains("accounts are full"))
  }

  @Test func oldAccountsAreForgotten() throws {
    let node = try Fixture([["bytes": "64 KiB", "window": "1h"], ["rate": "1 MiB/s"]])
    let one = try node.connection()
    #expect(try one.ask(0) == .pass)
    one.send(0)
    #expect(node.store.keys.count == 2)
    try node.plugin?.tick(.now)
    #expect(node.store.keys.count == 2)
    node.pass(hours: 3)
    try node.plugin?.tick(.now + .seconds(61))
    #expect(node.store.keys.isEmpty)
  }

  @Test(
    arguments: [
      (["bytes": "1 GB", "window": "1d"], "quota[0].bytes: expected a size such as 500 GiB (units: KiB, MiB, GiB), found '1 GB'"),
      (["bytes": "1 KiB", "window": "1d"], "quota[0].bytes: the least is 16 KiB, one block"),
      (["bytes": "1 GiB"], "quota[0]: bytes and blocks want a window, such as window: 1d"),
      (["rate": "1 MiB/s", "window": "1d"], "quota[0].window: a rate has no window"),
      (["window": "1d"], "quota[0] limits nothing: write bytes, blocks or rate"),
      (["per": "peer", "rate": "1 MiB/s"], "quota[0].per: 'peer' is none of principal, artifact, principal-and-artifact"),
      (["blocks": 0, "window": "1d"], "quota[0].blocks: the least is 1"),
      (["blocks": 1, "window": "400d"], "quota[0].window: the longest is 366d"),
      (["principals": ["fleet/uri:a"], "rate": "1 MiB/s"], "quota[0].principals[0]: 'fleet/uri:a' is of no kind of identity"),
    ] as [(LiteralValue, String)])
  func whatIsWrongIsSaidWithItsPlace(rule: LiteralValue, message: String) throws {
    #expect { try Fixture([rule]) } throws: { error in
      (error as? SettingsProblems)?.problems.contains { $0.message.hasPrefix(message) && $0.place?.hasPrefix("$[0]") == true } == true
    }
  }

  @Test func oneRuleMayStandAloneAndTwoThatCountTheSameMayNot() throws {
    #expect(try Fixture(["bytes": "1 GiB", "window": "1d"]).judge()?.isAllowed == true)
    #expect { try Fixture([["bytes": "1 GiB", "window": "1d"], ["bytes": "2 GiB", "window": "1d"]]) } throws: {
      "\($0)".contains("quota[1] counts the same as quota[0]")
    }
    #expect(try Fixture([]).plugin?.warnings.count == 1)
    #expect(
      try Fixture([["artifacts": [], "rate": "1 MiB/s"]]).plugin?.warnings == ["quota[0].artifacts is empty: the rule never applies"])
  }
}
