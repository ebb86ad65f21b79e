import Metainfo
import PluginKit
import TestSupport
import Testing

@testable import Plugins

/// Declared messages on one connection.
struct CustomMessageTests {
  private static let hello: [UInt8] = Array("d4:host5:edge71:vi2ee".utf8)

  private func rig(_ message: [String: LiteralValue], _ world: MessagesRig.World = .init()) throws -> MessagesRig {
    try MessagesRig([.mapping(message.merging(["name": "corp_hello"]) { first, _ in first })], world)
  }

  // MARK: Sending

  @Test func aGreetingGoesOutOnceWithItsFacts() throws {
    let rig = try rig(["send": "handshake", "body": ["from": "${node.name}", "of": "${artifact.name}", "at": "${time}"]])
    let sent = try rig.tick().sent("corp_hello")
    #expect(sent == [.dictionary(["at": .integer(1_795_435_201), "from": .string("depot-01"), "of": .string("app-1.0")])])
    #expect(try rig.tick().isEmpty)
  }

  @Test func whoDoesNotKnowTheNameIsToldOnceItDoes() throws {
    var world = MessagesRig.World()
    world.knows = []
    let rig = try rig(["send": ["handshake", ["event": "interested"]], "body": ["v": 1]], world)
    rig.context.isInterested = true
    _ = try rig.chain.onInterested()
    #expect(try rig.tick().isEmpty)
    rig.context.peerMessages = ["corp_hello": 9]
    #expect(try rig.tick().count == 2)
  }

  @Test func interestIsToldOfAtOnceAndOnce() throws {
    let rig = try rig(["send": ["event": "interested"], "body": ["v": 1]])
    #expect(try rig.tick().isEmpty)
    rig.context.isInterested = true
    _ = try rig.chain.onInterested()
    #expect(rig.takeActs().count == 1)
    _ = try rig.chain.onInterested()
    #expect(rig.takeActs().isEmpty)
    #expect(try rig.tick().isEmpty)
  }

  @Test func intervalsAreKeptFromTheFirstTickOn() throws {
    let rig = try rig(["send": ["interval": "5m"], "body": ["v": 1]])
    #expect(try rig.tick().isEmpty)
    #expect(try rig.tick(after: .seconds(299)).isEmpty)
    #expect(try rig.tick().count == 1)
    #expect(try rig.tick(after: .seconds(299)).isEmpty)
    #expect(try rig.tick().count == 1)
  }

  @Test func theEndIsWhenThePeerHasAllThatItIsGranted() throws {
    let layout = PolicyFixtures.layout(["a": 32, "b": 32])
    let part = PartialScope(
      [PartialScope.Term(pieces: Bitfield(count: 4, filled: true), files: Self.first(of: 2))], layout: layout)
    var world = MessagesRig.World(artifact: PolicyFixtures.artifact(layout: layout))
    world.grant = PolicyFixtures.grant(request: .allow("part", scope: .part(part)))
    let rig = try rig(["send": ["event": "finished"], "body": ["v": 1]], world)
    #expect(try rig.tick().isEmpty)
    rig.context.peerPieces[0] = true
    _ = try rig.chain.onHave(0)
    #expect(try rig.tick().isEmpty)
    rig.context.peerPieces[1] = true
    _ = try rig.chain.onHave(1)
    #expect(try rig.tick().count == 1)
    _ = try rig.chain.onHaveAll()
    #expect(try rig.tick().isEmpty)
  }

  private static func first(of count: Int) -> Bitfield {
    var files = Bitfield(count: count)
    files[0] = true
    return files
  }

  @Test func whatWeSendOfOurselvesIsBounded() throws {
    let rig = try rig(["send": ["interval": "1s"], "send-rate": "3/1m", "body": ["v": 1]])
    var sent = 0
    for _ in 0..<30 { sent += try rig.tick().count }
    #expect(sent == 3)
    #expect(rig.counters.snapshot["messages_not_sent"] == 26)
  }

  // MARK: Receiving

  @Test func whoIsInNoListMaySendNothing() throws {
    let rig = try rig(["from": ["10.9.0.0/16", "fleet/dns:*.corp"], "reply": ["ok": 1], "store": ["host"]])
    #expect(try rig.receive("corp_hello", Self.hello).isEmpty)
    // It is not even looked at.
    #expect(try rig.receive("corp_hello", Array("garbage".utf8)).isEmpty)
    #expect(rig.store.keys.isEmpty)
    let refusal = try #require(rig.refusals.first)
    #expect(refusal.operation == "message" && refusal.plugin == "messages" && refusal.rule == "corp_hello.from")
    #expect(refusal.place == "$[0]" && refusal.principal == "10.1.2.3" && refusal.artifact == "app-1.0")
  }

  @Test func anEmptyListAllowsNobody() throws {
    let rig = try rig(["from": []])
    #expect(try rig.receive("corp_hello", Self.hello).isEmpty)
    #expect(rig.refusals.count == 1)
  }

  @Test func addressOrIdentityIsEnough() throws {
    for (address, names) in [("10.9.0.1", []), ("192.0.2.1", ["dns:edge7.corp"])] as [(String, [String])] {
      var world = MessagesRig.World()
      world.address = address
      world.identities = names.map { Identity(trust: "fleet", name: $0) }
      let rig = try rig(["from": ["10.9.0.0/16", "fleet/dns:*.corp"], "reply": ["to": "${peer.principal}"]], world)
      let principal = names.isEmpty ? address : "fleet/dns:edge7.corp"
      #expect(try rig.receive("corp_hello", Self.hello).sent("corp_hello") == [.dictionary(["to": .string(principal)])])
      #expect(rig.refusals.isEmpty)
    }
  }

  @Test func declaredKeysAreStoredAndNothingElse() throws {
    let rig = try rig(["from": ["10.0.0.0/8"], "store": ["host", "missing"]])
    #expect(try rig.receive("corp_hello", Self.hello).isEmpty)
    let kept = try #require(rig.plugin.receivedMessages.first)
    #expect(kept.name == "corp_hello" && kept.principal == "10.1.2.3" && kept.artifact == String(repeating: "ab", count: 20))
    #expect(kept.body == .dictionary(["host": .string("edge7")]))
    // The next one takes its place.
    try rig.receive("corp_hello", Array("d4:host5:edge8e".utf8))
    #expect(rig.plugin.receivedMessages.map(\.body) == [.dictionary(["host": .string("edge8")])])
  }

  @Test func whatIsStoredIsBounded() throws {
    let rig = try rig(["from": ["10.0.0.0/8"], "store": ["host"], "max-size": "64 KiB"])
    let large = Bencode.dictionary(["host": .bytes([UInt8](repeating: 0x61, count: 5_000))]).encoded()
    #expect(try rig.receive("corp_hello", large).isEmpty)
    #expect(rig.plugin.receivedMessages.isEmpty)
    #expect(rig.refusals.map(\.rule) == ["corp_hello.store"])
  }

  @Test func principalsThatAreStoredAreBounded() throws {
    let values = Dictionary(uniqueKeysWithValues: (0..<ReceivedBook.capacity).map { ("received/corp_hello/p\($0)", [UInt8]()) })
    let store = MemoryPluginStore(values)
    let rig = try rig(["from": ["10.0.0.0/8"], "store": ["host"]], MessagesRig.World(store: store))
    try rig.receive("corp_hello", Self.hello)
    #expect(store.keys.count == ReceivedBook.capacity)
    #expect(rig.refusals.map(\.rule) == ["corp_hello.store"])
  }

  @Test func answersAreBounded() throws {
    let rig = try rig(["from": ["10.0.0.0/8"], "reply": ["ok": 1], "reply-rate": "2/1m"])
    var answers = 0
    for _ in 0..<5 { answers += try rig.receive("corp_hello", Self.hello).count }
    #expect(answers == 2)
    rig.clock.advance(by: .seconds(60))
    #expect(try rig.receive("corp_hello", Self.hello).count == 1)
  }

  @Test func aFloodIsLeftUnansweredAndThenEnds() throws {
    let rig = try rig(["from": ["10.0.0.0/8"], "reply": ["ok": 1], "rate": "2/1m", "reply-rate": "100/1m"])
    var answers = 0
    for _ in 0..<20 { answers += try rig.receive("corp_hello", Self.hello).count }
    #expect(answers == 2)
    #expect(Set(rig.refusals.map(\.rule)) == ["corp_hello.rate"])
    #expect(try rig.receive("corp_hello", Self.hello).closing == "too many messages of corp_hello")
    rig.clock.advance(by: .seconds(60))
    #expect(try rig.receive("corp_hello", Self.hello).sent("corp_hello").count == 1)
  }

  @Test(arguments: ["", "garbage", "i1e", "le", "d1:bi1e1:ai1ee", "d1:ai1ee ", "d1:ai1e", "d1:a" + String(repeating: "l", count: 9)])
  func whatIsNoMessageEndsTheConnection(payload: String) throws {
    let rig = try rig(["from": ["10.0.0.0/8"]])
    #expect(try rig.receive("corp_hello", Array(payload.utf8)).closing?.hasPrefix("malformed corp_hello: ") == true)
  }

  @Test func messagesOfOthersAreLeftToThem() throws {
    let rig = try rig(["from": ["10.0.0.0/8"]])
    for name in ["ut_metadata", "gr_notice", "gr_have"] {
      #expect(throws: MessagesRig.NotHandled.self) { try rig.receive(name, Self.hello) }
    }
  }
}
