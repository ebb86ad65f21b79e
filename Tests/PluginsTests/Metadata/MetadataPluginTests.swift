import Metainfo
import NIOCore
import NIOEmbedded
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct MetadataPluginTests {
  /// One connection with the plugin alone in the pipeline.
  private struct Fixture {
    let context: PeerContext
    let peer: any PeerPlugin
    let info: [UInt8]
    let journal = TestJournal()

    init(infoSize: Int = 40_000, metadata: Verdict = .allow("test"), understands: Bool = true) throws {
      var generator = SeededGenerator(seed: 9)
      info = generator.bytes(infoSize)
      let artifact = PolicyFixtures.artifact()
      context = PolicyFixtures.context(
        on: EmbeddedEventLoop(), artifact: artifact, infoBytes: info, grant: PolicyFixtures.grant(metadata: metadata))
      if understands { context.peerMessages = [MetadataMessage.name: 3] }
      let plugin = try MetadataPlugin(settings: NoSettings(), services: PolicyFixtures.services(journal: journal))
      peer = try #require(try plugin.newTorrent(artifact)?.newConnection(context))
    }

    /// Hands the plugin a message and gives what it does about it.
    func receive(_ message: MetadataMessage) throws -> [PeerAct] {
      var buffer = ByteBuffer()
      message.encode(into: &buffer)
      return try receive(buffer)
    }

    func receive(_ payload: ByteBuffer, _ name: String = MetadataMessage.name) throws -> [PeerAct] {
      #expect(try peer.onExtended(name, payload) == .handled)
      defer { context.acts.removeAll() }
      return context.acts
    }

    func answer(_ message: MetadataMessage) throws -> MetadataMessage? {
      let acts = try receive(message)
      guard acts.count == 1, case .extended(MetadataMessage.name, let payload) = acts[0] else { return nil }
      return try MetadataMessage.decode(payload)
    }
  }

  private static func closing(_ acts: [PeerAct]) -> String? {
    guard acts.count == 1, case .close(let reason, _) = acts[0] else { return nil }
    return reason
  }

  @Test(arguments: [1, 16_384, 16_385, 40_000])
  func piecesTogetherAreTheInfoDictionary(size: Int) throws {
    let fixture = try Fixture(infoSize: size)
    var received: [UInt8] = []
    for piece in 0..<(size + 16_383) / 16_384 {
      guard case .data(piece, size, let bytes) = try fixture.answer(.request(piece: piece)) else {
        Issue.record("piece \(piece) was not given")
        return
      }
      received += Array(bytes.readableBytesView)
    }
    #expect(received == fixture.info)
  }

  @Test(arguments: [3, 1_000_000])
  func pieceThatThereIsNotIsRejected(piece: Int) throws {
    #expect(try Fixture().answer(.request(piece: piece)) == .reject(piece: piece))
  }

  @Test func peerThatMayNotHaveItIsInTheJournalOnce() throws {
    let fixture = try Fixture(metadata: .deny("not you", rule: "r", place: "f.yaml:1:2"))
    for piece in 0..<3 { #expect(try fixture.answer(.request(piece: piece)) == .reject(piece: piece)) }
    let row = try #require(fixture.journal.records.first)
    #expect(fixture.journal.records.count == 1 && row.operation == "metadata" && row.verdict == "deny")
    #expect(row.reason == "not you" && row.rule == "r" && row.place == "f.yaml:1:2" && row.facts?.operation == .metadata)
    let allowed = try Fixture()
    _ = try allowed.answer(.request(piece: 0))
    #expect(allowed.journal.records.isEmpty)
  }

  @Test func peerThatMayNotHaveItGetsRejectsAndLearnsNoSize() throws {
    let fixture = try Fixture(metadata: .deny("not you"))
    #expect(try fixture.answer(.request(piece: 0)) == .reject(piece: 0))
    var additions = HandshakeAdditions()
    try fixture.peer.addHandshake(&additions)
    #expect(additions.keys.isEmpty)
  }

  @Test func grantThatIsTakenBackCountsFromThen() throws {
    let fixture = try Fixture()
    _ = try #require(try fixture.answer(.request(piece: 0)))
    fixture.context.grant = PolicyFixtures.grant(metadata: .deny("revoked"))
    #expect(try fixture.answer(.request(piece: 0)) == .reject(piece: 0))
  }

  @Test func peerThatMayHaveItLearnsTheSize() throws {
    var additions = HandshakeAdditions()
    try Fixture().peer.addHandshake(&additions)
    #expect(additions.keys == ["metadata_size": .integer(40_000)])
  }

  @Test func floodIsRejectedAndThenClosed() throws {
    // Three pieces: 22 requests a minute are served.
    let fixture = try Fixture()
    for _ in 0..<22 {
      guard case .data = try fixture.answer(.request(piece: 0)) else {
        Issue.record("a request within the budget was not served")
        return
      }
    }
    for _ in 0..<22 { #expect(try fixture.answer(.request(piece: 0)) == .reject(piece: 0)) }
    #expect(try Self.closing(fixture.receive(.request(piece: 0))) == "too many requests for metadata")
  }

  @Test func budgetIsNewEachMinute() {
    let start = ContinuousClock.now
    var budget = MetadataBudget(pieces: 0)
    for _ in 0..<17 { _ = budget.spend(at: start) }
    #expect(budget.spend(at: start + .seconds(59)) == .reject)
    #expect(budget.spend(at: start + .seconds(60)) == .serve)
  }

  @Test func answersToQuestionsThatWeNeverAskedAreIgnored() throws {
    let fixture = try Fixture()
    #expect(try fixture.receive(.data(piece: 0, totalSize: 3, ByteBuffer(bytes: [1, 2, 3]))).isEmpty)
    #expect(try fixture.receive(.reject(piece: 0)).isEmpty)
    #expect(try fixture.receive(ByteBuffer(string: "d8:msg_typei9e5:piecei0ee")).isEmpty)
  }

  @Test(arguments: ["", "garbage", "d5:piecei0ee", "d8:msg_typei0ee", "d8:msg_typei0e5:piecei-1ee", "li0ee"])
  func malformedMessageClosesTheConnectionWithItsReason(payload: String) throws {
    let reason = try #require(try Self.closing(Fixture().receive(ByteBuffer(string: payload))))
    #expect(reason.hasPrefix("malformed ut_metadata: "))
  }

  @Test func messagesOfOtherNamesAreLeftToOthers() throws {
    #expect(try Fixture().peer.onExtended("ut_pex", ByteBuffer()) == .pass)
  }

  @Test func pluginReceivesItsMessageAndGuardsNothing() throws {
    let plugin = try MetadataPlugin(settings: NoSettings(), services: PolicyFixtures.services())
    #expect(plugin.extendedMessages.map(\.name) == ["ut_metadata"])
    #expect(plugin.guards.isEmpty)
  }
}
