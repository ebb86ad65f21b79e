import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// Peers that no rule is about, and are let in by an approval for as long as it holds.
struct ApprovalTests {
  /// A guard that has peers say who they are, and has a rule about nobody.
  private struct Introduction: Plugin {
    static let name = "introduction"
    let guards: Set<PluginKit.Operation>
    let conversation: ExtendedMessage? = ExtendedMessage(name: "hello", maximumSize: 100)
    private let isExplicit: Bool

    init(settings: NoSettings, services: PluginServices) throws { self.init() }
    init(_ guards: Set<PluginKit.Operation> = [.connect], isExplicit: Bool = false) {
      (self.guards, self.isExplicit) = (guards, isExplicit)
    }

    func converse(_ opening: ConversationOpening, _ facts: PeerFacts) throws -> (any PeerConversation)? { Words() }

    func judge(_ operation: PluginKit.Operation, _ facts: PeerFacts) throws -> Verdict {
      guard facts.peerID != nil else { return .allow("it has said nothing yet") }
      return isExplicit ? .deny("a rule says no", rule: "rules[0]") : .unmatched("no rule is about it")
    }
  }

  /// Takes a peer's word for it.
  private final class Words: PeerConversation {
    let offer = Bencode.integer(1)
    let isForAll = true
    func isNeeded(for facts: PeerFacts) -> Bool { true }
    func onOffer(_ offer: Bencode?) throws -> ConversationStep {
      guard case .bytes(let name)? = offer else { return .refuse(reason: "it says nothing", rule: nil, place: nil) }
      return .proven(ConversationProof(identities: [Identity(trust: "word", name: "key:" + String(decoding: name, as: UTF8.self))]))
    }
    func onMessage(_ payload: ByteBuffer) throws -> ConversationStep { .wait }
  }

  /// The one approval that a test gives and takes back.
  private final class OneApproval: Approvals {
    private let given = Mutex<(name: String, artifact: InfoHash, approval: Approval)?>(nil)

    func give(_ name: String, _ artifact: TestArtifact, seconds: Int64 = 60) {
      let until = WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + seconds * 1_000_000_000)
      given.withLock {
        $0 = (name, artifact.facts.infoHash, Approval(id: "0123456789ab", by: "uid 0", reason: "a drill", until: until))
      }
    }
    func takeBack() { given.withLock { $0 = nil } }

    func approval(of operation: PluginKit.Operation, for facts: PeerFacts) -> Approval? {
      guard let (name, artifact, approval) = given.withLock({ $0 }), facts.now < approval.until else { return nil }
      let isMeant = facts.identities.contains(Identity(trust: "word", name: "key:\(name)")) && facts.artifact?.infoHash == artifact
      return isMeant ? approval : nil
    }
  }

  /// A peer that has shaken hands and said who it is.
  private func dial(_ rig: EngineRig, _ infoHash: SHA1Digest, as name: String = "edge-7") async throws -> ScriptedPeer {
    let peer = try await ScriptedPeer.dial(rig.address)
    try await peer.send(bytes: ScriptedPeer.handshake(infoHash, reserved: .ours(v2: false)))
    _ = try await peer.nextHandshake()
    var hello = ExtendedHandshake()
    hello.messages = ["hello": 5]
    hello.extra = ["hello": .bytes(Array(name.utf8))]
    try await peer.send(hello)
    return peer
  }

  private func served(_ peer: ScriptedPeer, _ artifact: TestArtifact) async throws -> Bool {
    try await peer.wait(for: .haveAll)
    try await peer.send(.interested)
    try await peer.wait(for: .unchoke)
    let block = Block(piece: 0, offset: 0, length: 1000)
    return try await peer.fetch([block]) == [artifact.bytes(of: block)]
  }

  @Test
  func whoIsApprovedIsLetInAtTheNextAttemptAndGoesWhenTheApprovalEnds() async throws {
    let artifact = try TestArtifact(["a": 40_000])
    let approvals = OneApproval()
    try await EngineRig.run([artifact.seeded()], plugins: [Introduction()], approvals: approvals) { rig async throws in
      _ = try await dial(rig, artifact.infoHash).end()
      let refused = try #require(rig.refusals.first)
      #expect(refused.isUnmatched && refused.principal == "word/key:edge-7" && refused.operation == "connect")
      #expect(refused.facts?.artifact?.name == artifact.facts.name)

      approvals.give("edge-7", artifact)
      let peer = try await dial(rig, artifact.infoHash)
      #expect(try await served(peer, artifact))
      let row = try #require(rig.journal.records.last { $0.verdict == "allow" })
      #expect(row.rule == "approval 0123456789ab" && row.reason.contains("a drill (approved by uid 0)"))
      _ = try await dial(rig, artifact.infoHash, as: "edge-8").end()

      rig.wall.set(WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + 59_000_000_000))
      await rig.engine.tick()
      #expect(await rig.engine.peers().count == 1)
      rig.wall.set(WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + 60_000_000_000))
      await rig.engine.tick()
      _ = try await peer.end()
      #expect(rig.refusals.last?.isUnmatched == true)
    }
  }

  @Test
  func anApprovalThatIsTakenBackEndsTheConnection() async throws {
    let artifact = try TestArtifact(["a": 40_000])
    let approvals = OneApproval()
    approvals.give("edge-7", artifact)
    try await EngineRig.run([artifact.seeded()], plugins: [Introduction([.connect, .request])], approvals: approvals) { rig async throws in
      let peer = try await dial(rig, artifact.infoHash)
      #expect(try await served(peer, artifact))
      approvals.takeBack()
      rig.engine.judgeAgain()
      _ = try await peer.end()
      #expect(rig.refusals.map(\.operation) == ["connect"])
    }
  }

  @Test
  func whatARuleDeniesIsNotUnmatchedAndNotApproved() async throws {
    let artifact = try TestArtifact(["a": 40_000])
    let approvals = OneApproval()
    approvals.give("edge-7", artifact)
    try await EngineRig.run([artifact.seeded()], plugins: [Introduction(isExplicit: true)], approvals: approvals) { rig async throws in
      _ = try await dial(rig, artifact.infoHash).end()
      #expect(rig.refusals.map(\.isUnmatched) == [false])
    }
  }

  @Test
  func anInfoHashThatIsNoneOfOursHasNoArtifact() async throws {
    let artifact = try TestArtifact(["a": 40_000])
    try await EngineRig.run([artifact.seeded()], plugins: [Introduction()]) { rig async throws in
      _ = try await dial(rig, .zero).end()
      let row = try #require(rig.refusals.first)
      #expect(row.infoHash == .zero && row.facts?.artifact == nil)
    }
  }

  @Test
  func whoMayHaveTheMetadataAloneWaitsForTheBlocks() async throws {
    let artifact = try TestArtifact(["a": 40_000])
    let approvals = OneApproval()
    try await EngineRig.run([artifact.seeded()], plugins: [Introduction([.request])], approvals: approvals) { rig async throws in
      let peer = try await dial(rig, artifact.infoHash)
      try await peer.wait(for: .haveNone)
      let block = Block(piece: 0, offset: 0, length: 1000)
      try await peer.send(.interested)
      try await peer.wait(for: .unchoke)
      try await peer.send(.request(block))
      try await peer.wait(for: .reject(block))
      #expect(rig.refusals.last?.isUnmatched == true && rig.refusals.last?.operation == "request")
      approvals.give("edge-7", artifact)
      rig.engine.judgeAgain()
      for piece in 0..<artifact.layout.pieceCount { try await peer.wait(for: .have(UInt32(piece))) }
      #expect(try await peer.fetch([block]) == [artifact.bytes(of: block)])
    }
  }
}
