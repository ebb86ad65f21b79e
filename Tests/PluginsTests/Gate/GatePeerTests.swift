import Metainfo
import NIOCore
import NIOEmbedded
import PeerProtocol
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Plugins

/// What the gate says to requests, one by one: those of a peer, and our own.
struct GatePeerTests {
  /// A gate with a clock of civil time, for one artifact.
  private final class Rig {
    let gate: GatePlugin
    let torrent: (any TorrentPlugin)?
    let artifact = PolicyFixtures.artifact()

    init(_ settings: LiteralValue) throws {
      let fixed = PolicyFixtures.services()
      let time = SharedTime()
      self.time = time
      let services = PluginServices(
        wallClock: { time.now }, clock: fixed.clock, journal: fixed.journal, logger: fixed.logger, folder: "/")
      gate = try GatePlugin(settings: LiteralSettings(settings).decode(GateSettings.self), services: services)
      torrent = try gate.newTorrent(artifact)
    }

    let time: SharedTime

    /// A connection of a peer at this address.
    func peer(_ address: String = "10.1.2.3") throws -> (handler: (any PeerPlugin)?, context: PeerContext) {
      let context = PolicyFixtures.context(on: EmbeddedEventLoop(), artifact: artifact)
      context.facts = PolicyFixtures.peer(address, artifact: artifact)
      return (try torrent?.newConnection(context), context)
    }
  }

  private final class SharedTime: Sendable {
    private let time = Mutex(PolicyFixtures.noon)
    var now: WallTime { time.withLock { $0 } }
    func advance(seconds: Int64) { advance(milliseconds: seconds * 1000) }
    func advance(milliseconds: Int64) {
      time.withLock { $0 = WallTime(nanoseconds: $0.nanoseconds + milliseconds * 1_000_000) }
    }
  }

  /// readme.txt has the bytes 0-39, secret/key 40-63; pieces are 16 bytes long.
  private let inReadme = Block(piece: 0, offset: 0, length: 16)
  private let inSecret = Block(piece: 3, offset: 0, length: 16)
  private let inBoth = Block(piece: 2, offset: 0, length: 16)

  @Test func rulesThatPutNothingOffCostNothing() throws {
    #expect(try Rig(["on_request": [["answer": "deny", "files": ["secret/**"]], [:]]]).torrent == nil)
    let elsewhere = try Rig(["on_request": [["answer": "limit", "rate": "1 MiB/s", "peers": ["192.0.2.0/24"]], [:]]])
    #expect(try elsewhere.peer().handler == nil)
  }

  @Test func requestsAreAnsweredWhenTheTimeIsOver() throws {
    let rig = try Rig(["on_request": [["answer": "postpone", "for": "30s", "files": ["secret/**"]], [:]]])
    let (handler, context) = try rig.peer()
    let peer = try #require(handler)
    let until = context.now + .seconds(30)
    #expect(try peer.onRequest(inReadme) == .pass)
    #expect(try peer.onRequest(inSecret) == .postpone(until: until))
    #expect(try peer.onRequest(inBoth) == .postpone(until: until), "some of its bytes are put off")
    // The handler of a reload counts from the same moment.
    context.now += .seconds(20)
    let renewed = try #require(try rig.torrent?.newConnection(context))
    #expect(try renewed.onRequest(inSecret) == .postpone(until: until))
    context.now = until
    #expect(try peer.onRequest(inSecret) == .pass)
  }

  @Test func requestsOutsideOfHoursWaitForTheEndOfThem() throws {
    let rig = try Rig(["on_request": [["answer": "postpone", "when": ["from": "08:00", "to": "18:00"]], [:]]])
    let (handler, context) = try rig.peer()
    let peer = try #require(handler)
    #expect(try peer.onRequest(inReadme) == .postpone(until: context.now + .seconds(6 * 3600)))
    rig.time.advance(seconds: 6 * 3600)
    try peer.tick(context.now)
    #expect(try peer.onRequest(inReadme) == .pass, "another rule applies by now")
    rig.time.advance(seconds: 14 * 3600)
    try peer.tick(context.now)
    #expect(try peer.onRequest(inReadme) == .postpone(until: context.now + .seconds(10 * 3600)))
  }

  @Test func aLimitIsSharedByAPrincipalsConnectionsAndByNobodyElse() throws {
    let rig = try Rig(["on_request": [["answer": "limit", "rate": "16 B/s"]]])
    let (one, first) = try rig.peer()
    let (two, second) = try rig.peer()
    let contexts = [first, second]
    let (other, _) = try rig.peer("10.9.9.9")
    #expect(try one?.onRequest(inReadme) == .pass)
    #expect(try two?.onRequest(inReadme) != .pass)
    #expect(try other?.onRequest(inReadme) == .pass)
    rig.time.advance(seconds: 2)
    contexts[0].now += .seconds(2)
    contexts[1].now += .seconds(2)
    #expect(try two?.onRequest(inReadme) == .pass)
    #expect(try one?.onRequest(inReadme) != .pass)
  }

  @Test func overASecondNoMoreGoesOutThanTheRate() throws {
    let rig = try Rig(["on_request": [["answer": "limit", "rate": "64 B/s", "files": ["secret/**"]], [:]]])
    let (handler, context) = try rig.peer()
    let peer = try #require(handler)
    var sent = 0
    for _ in 0..<600 {
      for _ in 0..<8 where try peer.onRequest(inSecret) == .pass { sent += 16 }
      #expect(try peer.onRequest(inReadme) == .pass, "nothing limits it")
      rig.time.advance(milliseconds: 100)
      context.now += .milliseconds(100)
    }
    #expect((59 * 64...61 * 64).contains(sent), "\(sent)")
  }

  // MARK: What we ask

  private func asking(_ rules: LiteralValue...) throws -> Rig { try Rig(["write_request": .list(rules)]) }

  @Test func nothingIsAskedThatNoRuleAllows() throws {
    let rig = try asking(["peers": ["10.1.0.0/16"], "files": ["readme.txt"]])
    let (handler, _) = try rig.peer()
    #expect(try handler?.writeRequest(inReadme) == .pass)
    #expect(
      try handler?.writeRequest(inBoth) == .withhold("no rule of gate.write_request lets us ask this peer for it", until: nil))
    let (stranger, _) = try rig.peer("10.9.9.9")
    #expect(try stranger?.writeRequest(inReadme) == .withhold("no rule of gate.write_request matches", until: nil))
  }

  @Test func outsideOfHoursNothingIsAskedUntilTheyBegin() throws {
    let rig = try asking(["when": ["from": "22:00", "to": "06:00"]])
    let (handler, context) = try rig.peer()
    #expect(
      try handler?.writeRequest(inReadme)
        == .withhold(
          "no rule of gate.write_request matches: write_request[0] is outside its hours", until: context.now + .seconds(10 * 3600)))
    rig.time.advance(seconds: 10 * 3600)
    try handler?.tick(context.now)
    #expect(try handler?.writeRequest(inReadme) == .pass)
  }

  @Test func noMoreIsInFlightThanARuleLets() throws {
    let rig = try asking(["in-flight": 2])
    let peer = try #require(try rig.peer().handler)
    for block in [inReadme, inSecret] {
      #expect(try peer.writeRequest(block) == .pass)
      peer.sent(.request(block))
    }
    guard case .withhold("gate.write_request[0]: 2 blocks are in flight", .some) = try peer.writeRequest(inBoth) else {
      Issue.record("a third block was asked for")
      return
    }
    _ = try peer.onPiece(inReadme, ByteBuffer())
    #expect(try peer.writeRequest(inBoth) == .pass)
    peer.sent(.request(inBoth))
    #expect(try peer.writeRequest(inReadme) != .pass)
    _ = try peer.onReject(inSecret)
    #expect(try peer.writeRequest(inReadme) == .pass)
    peer.sent(.request(inReadme))
    _ = try peer.onChoke()
    #expect(try peer.writeRequest(inSecret) == .pass, "who chokes us has forgotten what we asked")
  }

  @Test func overASecondNoMoreIsAskedThanTheRate() throws {
    let rig = try asking(["answer": "limit", "rate": "64 B/s", "files": ["secret/**"]], [:])
    let (handler, context) = try rig.peer()
    let peer = try #require(handler)
    var asked = 0
    for _ in 0..<600 {
      for _ in 0..<8 where try peer.writeRequest(inSecret) == .pass {
        peer.sent(.request(inSecret))
        _ = try peer.onPiece(inSecret, ByteBuffer())
        asked += 16
      }
      #expect(try peer.writeRequest(inReadme) == .pass, "nothing limits it")
      rig.time.advance(milliseconds: 100)
      context.now += .milliseconds(100)
    }
    #expect((59 * 64...61 * 64).contains(asked), "\(asked)")
    let verdict = try rig.gate.judge(.ask, PolicyFixtures.peer(artifact: PolicyFixtures.artifact()))
    #expect(verdict.reason.contains("limited to 64 B/s in part by gate.write_request[0]"), "\(verdict.reason)")
  }

  @Test func whatAnotherPluginWithholdsCostsNothing() throws {
    let rig = try asking(["answer": "limit", "rate": "16 B/s"])
    let peer = try #require(try rig.peer().handler)
    for _ in 0..<5 { #expect(try peer.writeRequest(inReadme) == .pass, "it was not asked") }
    peer.sent(.request(inReadme))
    #expect(try peer.writeRequest(inSecret) != .pass)
  }

  @Test func aLimitOnWhatIsAskedIsAPrincipalsAndSaysWhenToAskAgain() throws {
    let rig = try asking(["answer": "limit", "rate": "16 B/s", "in-flight": 2])
    let (one, context) = try rig.peer()
    let (two, _) = try rig.peer()
    let (other, _) = try rig.peer("10.9.9.9")
    #expect(try one?.writeRequest(inReadme) == .pass)
    one?.sent(.request(inReadme))
    guard case .withhold("gate.write_request[0]: no more bytes a second", let until?) = try two?.writeRequest(inReadme) else {
      Issue.record("both connections were asked at once")
      return
    }
    #expect(until > context.now && until <= context.now + .seconds(1))
    #expect(try other?.writeRequest(inReadme) == .pass)
  }

  @Test func peersOfThePreferredZoneAreAskedFirst() throws {
    let rig = try asking(["prefer": ["10.1.0.0/16"]])
    let near = try #require(try rig.peer("10.1.2.3").handler)
    let far = try #require(try rig.peer("10.9.9.9").handler)
    #expect(try far.writeRequest(inReadme) == .pass, "nobody nearer lets us ask")
    _ = try near.onUnchoke()
    #expect(try near.writeRequest(inReadme) == .pass)
    guard case .withhold("gate.write_request[0]: others are preferred", .some) = try far.writeRequest(inReadme) else {
      Issue.record("a peer elsewhere was asked first")
      return
    }
    near.onDisconnect(DisconnectReason(.remote, "gone"))
    #expect(try far.writeRequest(inReadme) == .pass)
  }

  @Test func asksAreJudgedAsAWholeToo() throws {
    let gate = try asking(["files": ["readme.txt"], "reason": "docs"]).gate
    let verdict = try gate.judge(.ask, PolicyFixtures.peer(artifact: PolicyFixtures.artifact()))
    #expect(verdict.reason == "allowed in part by gate.write_request[0]: docs")
    #expect(gate.guards == [.ask])
  }
}
