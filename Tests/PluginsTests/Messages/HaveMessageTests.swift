import Metainfo
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Plugins

struct HaveMessageTests {
  private static let v1 = [UInt8](repeating: 0xAB, count: 20)
  /// A catalogue of two parts.
  private static let list = (0..<(HaveMessage.partSize + 9)).map { UInt8(truncatingIfNeeded: $0 * 7) }
  private static let v2 = [UInt8](repeating: 0x22, count: 32)

  /// Knows one artifact, for peers of one network.
  private final class OneArtifact: ArtifactDirectory {
    private let count = Mutex(0)
    var asked: Int { count.withLock { $0 } }

    func standing(of infoHash: [UInt8], for peer: PeerFacts) async -> ArtifactStanding? {
      count.withLock { $0 += 1 }
      guard infoHash == HaveMessageTests.v1, peer.address.ip == IPAddress("10.1.2.3") else { return nil }
      return ArtifactStanding(held: 3, pieces: 4)
    }

    func catalogue(for peer: PeerFacts) async -> [UInt8]? {
      peer.address.ip == IPAddress("10.1.2.3") ? HaveMessageTests.list : nil
    }
  }

  /// Answers when it is told to, or when nobody waits any more.
  private final class Slow: ArtifactDirectory {
    private let counts = Mutex((asked: 0, cancelled: 0))
    var asked: Int { counts.withLock { $0.asked } }
    var cancellations: Int { counts.withLock { $0.cancelled } }

    func standing(of infoHash: [UInt8], for peer: PeerFacts) async -> ArtifactStanding? {
      counts.withLock { $0.asked += 1 }
      while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
      counts.withLock { $0.cancelled += 1 }
      return nil
    }
  }

  private func rig(_ directory: any ArtifactDirectory, address: String = "10.1.2.3", _ have: [String: LiteralValue] = [:]) throws
    -> MessagesRig
  {
    var world = MessagesRig.World(directory: directory)
    world.address = address
    return try MessagesRig(["have": .mapping(have.merging(["from": ["10.0.0.0/8"]]) { first, _ in first })], world)
  }

  /// Ticks until something is said; parts of a catalogue are longer than what we would take.
  private func answer(_ rig: MessagesRig, longest: Int = HaveMessage.maximumSize) async throws -> HaveMessage? {
    let deadline = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < deadline {
      if let said = try rig.tick(after: .zero).sent("gr_have").first { return try HaveMessage(said.encoded(), longest: longest) }
      try await Task.sleep(for: .milliseconds(2))
    }
    return nil
  }

  // MARK: On the wire

  @Test func messagesAreThoseOfTheArticle() throws {
    let question = HaveMessage.question(id: 7, infoHashes: [Self.v1])
    #expect(question.encoded == Array("d1:ii7e1:ql20:".utf8) + Self.v1 + Array("ee".utf8))
    let answer = HaveMessage.answer(id: 7, standings: [ArtifactStanding(held: 3, pieces: 4), nil])
    #expect(answer.encoded == Array("d1:alli3ei4eelee1:ii7ee".utf8))
    #expect(HaveMessage.later(id: 7).encoded == Array("d1:ii7e1:li1ee".utf8))
    let catalogue = HaveMessage.catalogue(id: 7, offset: 0)
    #expect(catalogue.encoded == Array("d1:ci0e1:ii7ee".utf8))
    let none = HaveMessage.part(id: 7, offset: 0, size: 0, bytes: [])
    #expect(none.encoded == Array("d1:c0:1:ii7e1:ni0e1:oi0ee".utf8))
    let part = HaveMessage.part(id: 7, offset: 9, size: 30, bytes: [1, 2])
    for message in [question, answer, .later(id: 7), catalogue, none, part] { #expect(try HaveMessage(message.encoded) == message) }
  }

  @Test func theLargestQuestionAndAnswerFit() throws {
    for message in [
      HaveMessage.question(id: .max, infoHashes: [[UInt8]](repeating: Self.v2, count: 32)),
      .answer(id: .max, standings: [ArtifactStanding?](repeating: ArtifactStanding(held: 1 << 30, pieces: 1 << 30), count: 32)),
    ] {
      #expect(message.encoded.count <= HaveMessage.maximumSize)
      #expect(try HaveMessage(message.encoded) == message)
    }
  }

  @Test(arguments: [
    "", "de", "i1e", "d1:ii7ee", "d1:ii7e1:qlee", "d1:ii7e1:ql3:abcee", "d1:ii-1e1:li1ee", "d1:ii7e1:li2ee", "d1:ali1eee",
    "d1:ali1ee1:ii7ee",
    "d1:ci-1e1:ii7ee", "d1:ci0e1:ii7e1:li1ee", "d1:ci0e1:ii7e1:ni0ee", "d1:c1:x1:ii7ee", "d1:c1:x1:ii7e1:ni0e1:oi0ee", "d1:cle1:ii7ee",
    "d1:alli5ei4eee1:ii7ee", "d1:alli-1ei4eee1:ii7ee", "d1:alee1:ii7e1:li1ee",
  ])
  func whatIsNoneIsRefused(payload: String) throws {
    #expect(throws: HaveMessage.Malformed.self) { try HaveMessage(Array(payload.utf8)) }
    let rig = try rig(OneArtifact())
    #expect(try rig.receive("gr_have", Array(payload.utf8)).closing?.hasPrefix("malformed gr_have: ") == true)
  }

  @Test func tooManyAtOnceIsNoQuestion() {
    let question = HaveMessage.question(id: 7, infoHashes: [[UInt8]](repeating: Self.v1, count: 33))
    #expect(throws: HaveMessage.Malformed.self) { try HaveMessage(question.encoded) }
  }

  @Test func bytesThatAreTakenHaveOneForm() throws {
    var generator = SeededGenerator(seed: 5)
    let seeds = [
      HaveMessage.question(id: 7, infoHashes: [Self.v1, Self.v2]), .catalogue(id: 7, offset: 65_536),
      .part(id: 7, offset: 1, size: 9, bytes: [1, 2, 3]), .answer(id: 7, standings: [nil, .init(held: 1, pieces: 2)]),
    ]
    for seed in seeds.map(\.encoded) {
      for _ in 0..<2_000 {
        var bytes = seed
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        if let message = try? HaveMessage(bytes) { #expect(try HaveMessage(message.encoded) == message) }
      }
    }
  }

  // MARK: Questions

  @Test func answersAreInTheQuestionsOrderAndLeaveWithATick() async throws {
    let rig = try rig(OneArtifact())
    let question = HaveMessage.question(id: 7, infoHashes: [Self.v2, Self.v1])
    #expect(try rig.receive("gr_have", question.encoded).isEmpty)
    #expect(try await answer(rig) == .answer(id: 7, standings: [nil, ArtifactStanding(held: 3, pieces: 4)]))
    #expect(try rig.tick().isEmpty)
  }

  @Test func theCatalogueComesInParts() async throws {
    let rig = try rig(OneArtifact())
    var list: [UInt8] = []
    for offset in [0, HaveMessage.partSize, Self.list.count, .max] as [Int] {
      try rig.receive("gr_have", HaveMessage.catalogue(id: 7, offset: Int64(offset)).encoded)
      let said = try await answer(rig, longest: 1 << 20)
      guard case .part(7, Int64(offset), Int64(Self.list.count), let bytes) = said else {
        Issue.record("\(String(describing: said))")
        return
      }
      list += bytes
    }
    #expect(list == Self.list)
  }

  @Test func whoMayHaveNoCatalogueIsToldThatThereIsNone() async throws {
    let rig = try rig(OneArtifact(), address: "10.1.2.4")
    try rig.receive("gr_have", HaveMessage.catalogue(id: 7, offset: 0).encoded)
    #expect(try await answer(rig) == .part(id: 7, offset: 0, size: 0, bytes: []))
  }

  @Test func whatIsForbiddenLooksLikeWhatIsUnknown() async throws {
    let rig = try rig(OneArtifact(), address: "10.1.2.4")
    var answers: [HaveMessage?] = []
    for infoHash in [Self.v1, Self.v2] {
      try rig.receive("gr_have", HaveMessage.question(id: 7, infoHashes: [infoHash]).encoded)
      answers.append(try await answer(rig))
    }
    #expect(answers == [.answer(id: 7, standings: [nil]), .answer(id: 7, standings: [nil])])
  }

  @Test func whoMayNotAskGetsNoAnswer() throws {
    let directory = OneArtifact()
    let rig = try rig(directory, ["from": ["10.9.0.0/16"]])
    #expect(try rig.receive("gr_have", HaveMessage.question(id: 7, infoHashes: [Self.v1]).encoded).isEmpty)
    #expect(try rig.tick().isEmpty && directory.asked == 0)
    #expect(rig.refusals.map(\.rule) == ["have.from"])
  }

  @Test func questionsAreBounded() async throws {
    let rig = try rig(OneArtifact(), ["rate": "2/1m"])
    let question = HaveMessage.question(id: 7, infoHashes: [Self.v1]).encoded
    for _ in 0..<2 {
      try rig.receive("gr_have", question)
      #expect(try await answer(rig) != nil)
    }
    for _ in 0..<18 { #expect(try rig.receive("gr_have", question).isEmpty) }
    #expect(Set(rig.refusals.map(\.rule)) == ["have.rate"])
    #expect(try rig.receive("gr_have", question).closing == "too many messages of gr_have")
  }

  @Test func oneAtATimeIsLookedIntoAndNotForEver() async throws {
    let directory = Slow()
    let rig = try rig(directory)
    let question = { (id: Int64) in HaveMessage.question(id: id, infoHashes: [Self.v1]).encoded }
    #expect(try rig.receive("gr_have", question(1)).isEmpty)
    #expect(try rig.receive("gr_have", question(2)).sent("gr_have").map { $0.encoded() } == [HaveMessage.later(id: 2).encoded])
    try await waitFor { directory.asked == 1 }
    #expect(try rig.tick(after: .seconds(20)).isEmpty)
    #expect(try rig.tick().sent("gr_have").map { $0.encoded() } == [HaveMessage.later(id: 1).encoded])
    try await waitFor { directory.cancellations == 1 }
  }

  @Test func whoLeavesIsNotLookedFor() async throws {
    let directory = Slow()
    let rig = try rig(directory)
    try rig.receive("gr_have", HaveMessage.question(id: 1, infoHashes: [Self.v1]).encoded)
    try await waitFor { directory.asked == 1 }
    rig.chain.onDisconnect(DisconnectReason(.remote, "it went"))
    try await waitFor { directory.cancellations == 1 }
  }

  @Test func allConnectionsTogetherAreBounded() async throws {
    let directory = Slow()
    var problems: [SettingsProblem] = []
    let senders = MessageSenders([], name: "from", problems: &problems)
    let desk = HaveDesk(senders: senders, rate: .init(count: 1, seconds: 1), place: nil, directory: directory)
    let question = HaveMessage.question(id: 1, infoHashes: [Self.v1])
    let inquiries = (0..<8).map { _ in desk.look(into: question, for: PolicyFixtures.peer()) }
    #expect(inquiries.allSatisfy { $0 != nil })
    #expect(desk.look(into: question, for: PolicyFixtures.peer()) == nil)
    inquiries.first??.cancel()
    var next: HaveInquiry?
    try await waitFor {
      next = desk.look(into: question, for: PolicyFixtures.peer())
      return next != nil
    }
    for inquiry in inquiries + [next] { inquiry?.cancel() }
  }

  private func waitFor(_ isMet: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while !isMet() {
      try #require(ContinuousClock.now < deadline)
      try await Task.sleep(for: .milliseconds(2))
    }
  }
}
