import Metainfo
import OpenSSL
import PluginKit
import TestSupport
import Testing

@testable import Plugins

/// Notices between two nodes' plugins, with a peer that may be neither between them.
struct NoticeBookTests {
  private static let sender: LiteralValue = ["notices": ["key": "notice.key"]]
  private static let receiver: LiteralValue = ["notices": ["trusted": [["id": "ops", "public": .text(MessagesRig.publicKey)]]]]

  private func signed(
    _ content: NoticeContent = NoticeContent(.withdraw), by seed: [UInt8] = MessagesRig.seed, sequence: Int64 = 5,
    until: Int64 = 1_800_000_000,
    infoHash: [UInt8] = [UInt8](repeating: 0xAB, count: 20)
  ) throws -> [UInt8] {
    try Notice.signed(
      content, infoHash: infoHash, sequence: sequence, issued: 1_795_435_200, until: until, key: Ed25519.PrivateKey(seed: seed)
    ).encoded
  }

  private func issue(_ rig: MessagesRig, _ content: NoticeContent = NoticeContent(.withdraw), until: Int64 = 1_800_000_000) throws -> Notice
  {
    try rig.plugin.issue(content, for: rig.artifact.infoHash, until: until).notice
  }

  @Test func aNoticeGoesToWhoIsThereAndToWhoComesLater() throws {
    let first = try MessagesRig(Self.sender)
    #expect(try first.tick().isEmpty)
    let notice = try issue(first)
    #expect(try first.tick().sent("gr_notice").map { $0.encoded() } == [notice.encoded])
    #expect(try first.tick().isEmpty)
    // A node that starts again has it still.
    let later = try MessagesRig(Self.sender, MessagesRig.World(store: first.store))
    #expect(try later.tick().sent("gr_notice").count == 1)
    #expect(try later.tick().isEmpty)
  }

  @Test func theNextNoticeTakesItsPlaceAndItsNumberIsHigher() throws {
    let rig = try MessagesRig(Self.sender)
    let one = try issue(rig)
    let two = try issue(rig, NoticeContent(.text, text: "all is well"))
    #expect(two.sequence > one.sequence)
    #expect(try rig.tick().sent("gr_notice").map { $0.encoded() } == [two.encoded])
    // The clock is set back: the number rises nevertheless.
    let world = MessagesRig.World(store: rig.store)
    #expect(try issue(MessagesRig(Self.sender, world)).sequence > two.sequence)
    // The store is lost: the clock makes up for it.
    #expect(one.sequence == 1_795_435_200_000)
  }

  @Test func whatHasEndedIsNotSent() throws {
    let rig = try MessagesRig(Self.sender)
    #expect(throws: NoticeProblem.self) { try issue(rig, until: 1_795_435_200) }
    _ = try issue(rig, until: 1_795_435_210)
    rig.clock.advance(by: .seconds(60))
    #expect(try rig.tick().isEmpty)
    #expect(rig.plugin.notices(of: rig.artifact.infoHash).isEmpty)
  }

  @Test func whoDoesNotKnowNoticesGetsNone() throws {
    var world = MessagesRig.World()
    world.knows = ["corp_hello"]
    let rig = try MessagesRig(Self.sender, world)
    _ = try issue(rig)
    #expect(try rig.tick().isEmpty)
  }

  @Test func aGoodNoticeIsKeptAndTold() throws {
    let rig = try MessagesRig(Self.receiver)
    let content = NoticeContent(.superseded(by: [UInt8](repeating: 0xCD, count: 20)), text: "take\u{1B}[2J 1.1")
    #expect(try rig.receive("gr_notice", signed(content)).isEmpty)
    let held = try #require(rig.plugin.receivedNotices.first)
    #expect(held.signer == "ops" && !held.isOurs && held.notice.content == content)
    #expect(rig.plugin.notices(of: rig.artifact.infoHash) == [held])
    let row = try #require(rig.journal.records.first)
    #expect(row.verdict == "allow" && row.operation == "message")
    // Nothing in it moves a cursor.
    #expect(row.reason.contains("superseded by cdcd") && !row.reason.contains("\u{1B}"))
    // It is kept across restarts.
    let later = try MessagesRig(Self.receiver, MessagesRig.World(store: rig.store))
    #expect(later.plugin.receivedNotices == [held])
  }

  @Test func theSameAgainIsNoNews() throws {
    let rig = try MessagesRig(Self.receiver)
    for _ in 0..<3 { try rig.receive("gr_notice", signed()) }
    #expect(rig.journal.records.count == 1)
  }

  @Test func anOldOrEqualNumberIsRefused() throws {
    let rig = try MessagesRig(Self.receiver)
    try rig.receive("gr_notice", signed(sequence: 5))
    try rig.receive("gr_notice", signed(NoticeContent(.text, text: "other"), sequence: 5))
    try rig.receive("gr_notice", signed(NoticeContent(.text, text: "older"), sequence: 4))
    #expect(rig.refusals.map(\.reason).allSatisfy { $0.contains("is not above 5, ops's last") })
    #expect(rig.refusals.count == 2)
    #expect(rig.plugin.receivedNotices.map(\.notice.content) == [NoticeContent(.withdraw)])
    try rig.receive("gr_notice", signed(NoticeContent(.text, text: "newer"), sequence: 6))
    #expect(rig.plugin.receivedNotices.map(\.notice.sequence) == [6])
    // An earlier one, which a peer has kept, cannot come back: not after a restart either.
    let later = try MessagesRig(Self.receiver, MessagesRig.World(store: rig.store))
    try later.receive("gr_notice", signed(sequence: 5))
    #expect(later.refusals.count == 1)
  }

  @Test func whatIsForgedIsRefusedWithItsReason() throws {
    var forged = try signed()
    // The signature is the 64 bytes behind its key.
    let mark = try #require(forged.indices.first { forged[$0...].starts(with: "1:s64:".utf8) })
    forged[mark + 10] ^= 1
    for (bytes, reason) in [
      (forged, "its signature is not ops's"), (try signed(by: MessagesRig.otherSeed), "is not trusted"),
      (try signed(infoHash: [UInt8](repeating: 0xEE, count: 20)), "it is about another artifact"),
      (try signed(until: 1_795_435_199), "it ended 2026-11-23T11:59:59Z"),
    ] {
      let rig = try MessagesRig(Self.receiver)
      #expect(try rig.receive("gr_notice", bytes).isEmpty)
      #expect(rig.plugin.receivedNotices.isEmpty && rig.store.keys.isEmpty)
      #expect(rig.refusals.map(\.reason).first?.contains(reason) == true, "\(reason)")
      #expect(rig.refusals.first?.rule?.hasPrefix("notices.trusted") == true)
      #expect(rig.refusals.first?.place?.hasPrefix("$.notices") == true)
    }
  }

  @Test func aSignerIsTrustedUntilItsEnd() throws {
    let settings: LiteralValue = [
      "notices": ["trusted": [["id": "ops", "public": .text(MessagesRig.publicKey), "until": "2026-11-23T12:01:00Z"]]]
    ]
    let rig = try MessagesRig(settings)
    try rig.receive("gr_notice", signed())
    #expect(rig.plugin.receivedNotices.count == 1)
    rig.clock.advance(by: .seconds(60))
    #expect(rig.plugin.receivedNotices.isEmpty)
    try rig.receive("gr_notice", signed(sequence: 6))
    #expect(rig.refusals.map(\.reason) == ["gr_notice: its signer ops ended 2026-11-23T12:01:00Z"])
  }

  @Test func aHybridIsMeantByEitherInfoHashAndCountsOnce() throws {
    let v2 = try #require(SHA256Digest([UInt8](repeating: 0x22, count: 32)))
    let infoHash = try #require(InfoHash(v1: PolicyFixtures.infoHash().v1, v2: v2))
    let world = MessagesRig.World(artifact: PolicyFixtures.artifact(infoHash: infoHash))
    let rig = try MessagesRig(Self.receiver, world)
    try rig.receive("gr_notice", signed(sequence: 5))
    try rig.receive("gr_notice", signed(sequence: 5, infoHash: v2.bytes))
    #expect(rig.refusals.count == 1)
    try rig.receive("gr_notice", signed(sequence: 6, infoHash: v2.bytes))
    #expect(rig.plugin.receivedNotices.map(\.notice.sequence) == [6])
  }

  @Test func aFloodOfNoticesIsNotEvenChecked() throws {
    let rig = try MessagesRig(Self.receiver)
    for sequence in 0..<120 { #expect(try rig.receive("gr_notice", signed(sequence: Int64(sequence + 1))).isEmpty) }
    #expect(rig.plugin.receivedNotices.map(\.notice.sequence) == [12])
    #expect(Set(rig.refusals.map(\.rule)) == ["notices.rate"])
    #expect(try rig.receive("gr_notice", signed(sequence: 999)).closing == "too many messages of gr_notice")
  }

  @Test func whatIsNoNoticeEndsTheConnection() throws {
    let rig = try MessagesRig(Self.receiver)
    #expect(try rig.receive("gr_notice", Array("de".utf8)).closing?.hasPrefix("malformed gr_notice: ") == true)
  }

  @Test func aFullStoreTakesNothing() throws {
    let values = Dictionary(uniqueKeysWithValues: (0..<100_000).map { ("other\($0)", [UInt8]()) })
    let rig = try MessagesRig(Self.receiver, MessagesRig.World(store: MemoryPluginStore(values)))
    try rig.receive("gr_notice", signed())
    #expect(rig.refusals.map(\.reason) == ["gr_notice: it cannot be kept: the plugin's store is full"])
    let sender = try MessagesRig(Self.sender, MessagesRig.World(store: MemoryPluginStore(values)))
    #expect(throws: NoticeProblem.self) { try issue(sender) }
  }
}
