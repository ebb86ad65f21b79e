import Metainfo
import NIOEmbedded
import PeerProtocol
import TestSupport
import Testing

@testable import PluginKit

/// `mode: shadow`: a plugin is asked, what it would have refused is told, and nothing comes of it.
struct ShadowTests {
  private struct Broken: Error {}

  private func script(_ change: (inout RecordingScript) -> Void) -> RecordingScript {
    var script = RecordingScript()
    change(&script)
    return script
  }

  private func guarding(
    _ operations: Set<PluginKit.Operation>, _ verdict: @escaping @Sendable (PluginKit.Operation, PeerFacts) throws -> Verdict
  ) -> RecordingScript {
    script { ($0.guards, $0.judge) = (operations, verdict) }
  }

  private func installed(_ name: String, _ script: RecordingScript, _ mode: PluginMode = .shadow) -> InstalledPlugin {
    InstalledPlugin(name: name, plugin: RecordingPlugin(script: script), place: "\(name):1:1", mode: mode)
  }

  // MARK: Guards

  @Test func whatAGuardInShadowRefusesIsAllowedAndTold() throws {
    let pipeline = try Pipeline(
      plugins: [
        installed("real", guarding([.connect]) { _, _ in .allow("yes") }, .enforce),
        installed("tried", guarding([.connect]) { _, _ in .deny("no", rule: "r") }),
      ], generation: 1)
    let decision = pipeline.decide(.connect, PolicyFixtures.peer())
    #expect(decision.isAllowed)
    #expect(decision.judgements.map(\.plugin) == ["real"])
    #expect(
      decision.shadowRefusals == [Judgement(plugin: "tried", verdict: .deny("no", rule: "r", place: "tried:1:1"))],
      "the place is that of the entry")
    pipeline.countShadows(decision.shadowRefusals)
    #expect(pipeline.plugins[1].statistics.snapshot.shadowed == 1)
  }

  @Test func whatIsRefusedAnywayIsNoNews() throws {
    let pipeline = try Pipeline(
      plugins: [
        installed("real", guarding([.connect]) { _, _ in .deny("no") }, .enforce),
        installed("tried", guarding([.connect]) { _, _ in .deny("no") }),
      ], generation: 1)
    let decision = pipeline.decide(.connect, PolicyFixtures.peer())
    #expect(!decision.isAllowed)
    #expect(decision.shadowRefusals.isEmpty)
    #expect(decision.shadows.count == 1, "`why` shows it all the same")
  }

  @Test func aThrowInShadowIsARefusalThatIsNotHeeded() throws {
    let pipeline = try Pipeline(plugins: [installed("tried", guarding([.request]) { _, _ in throw Broken() })], generation: 1)
    let decision = pipeline.decide(.request, PolicyFixtures.peer())
    #expect(decision.isAllowed)
    #expect(decision.shadowRefusals.first?.verdict.reason == "plugin tried failed in judge: Broken()")
  }

  @Test func aPartInShadowNarrowsNothing() throws {
    let artifact = PolicyFixtures.artifact()
    let part = PartialScope(
      pieces: Bitfield(count: artifact.layout.pieceCount, filled: true), files: try #require(Bitfield(count: 2, bytes: [0b1000_0000])),
      layout: artifact.layout)
    let pipeline = try Pipeline(
      plugins: [installed("tried", guarding([.request]) { _, _ in .allow("some", scope: .part(part)) })], generation: 1)
    let grant = pipeline.grant(PolicyFixtures.peer(artifact: artifact))
    #expect(grant.scope == .everything)
    #expect(grant.request.shadowRefusals.count == 1, "less than what is granted would have been")
  }

  @Test func aPipelineWhoseLastGuardIsInShadowIsOpen() throws {
    let guarding = guarding([.connect]) { _, _ in .allow("yes") }
    #expect(try !Pipeline(plugins: [installed("a", guarding)], generation: 1).isGuarded)
    #expect(try Pipeline(plugins: [installed("a", guarding), installed("b", guarding, .enforce)], generation: 1).isGuarded)
  }

  @Test func guardsInShadowThatWaitKeepNobodyWaiting() async throws {
    let waiting = script {
      $0.guards = [.connect]
      $0.admit = { _ in .deny("late") }
    }
    let pipeline = try Pipeline(plugins: [installed("tried", waiting)], generation: 1)
    #expect(!pipeline.admitsAsynchronously)
    #expect(pipeline.shadowsAdmitAsynchronously)
    #expect(pipeline.decide(.connect, PolicyFixtures.peer()).shadows.isEmpty)
    #expect(await pipeline.admitShadows(PolicyFixtures.peer()).map(\.verdict.reason) == ["late"])
  }

  @Test func peersAreNotToldOfMessagesThatNobodyHeeds() throws {
    let messages = script { $0.extendedMessages = [ExtendedMessage(name: "ut_one", maximumSize: 10)] }
    #expect(try Pipeline(plugins: [installed("a", messages)], generation: 1).messages.ids["ut_one"] == nil)
  }

  @Test(arguments: 0..<200)
  func shadowNeverChangesAVerdict(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let layout = PolicyFixtures.layout(["a": 40, "b": 24, "c": 64])
    let artifact = PolicyFixtures.artifact(layout: layout)
    var plugins: [InstalledPlugin] = []
    for number in 0..<Int.random(in: 1...6, using: &generator) {
      let verdict = verdict(layout, &generator)
      let guards = Set(PluginKit.Operation.allCases.filter { _ in Bool.random(using: &generator) })
      plugins.append(
        installed(
          "p\(number)",
          guarding(guards) { operation, _ in
            guard let verdict else { throw Broken() }
            return verdict
          }, Bool.random(using: &generator) ? .shadow : .enforce))
    }
    let mixed = try Pipeline(plugins: plugins, generation: 1)
    let enforced = try Pipeline(plugins: plugins.filter { !$0.isShadow }, generation: 1)
    let facts = PolicyFixtures.peer(artifact: artifact)
    for operation in PluginKit.Operation.allCases {
      let (one, other) = (mixed.decide(operation, facts), enforced.decide(operation, facts))
      #expect(one.judgements == other.judgements)
      #expect(one.isAllowed == other.isAllowed)
      #expect(one.scope == other.scope)
      #expect(one.validUntil == other.validUntil)
    }
    #expect(mixed.grant(facts).scope == enforced.grant(facts).scope)
    #expect(mixed.isGuarded == enforced.isGuarded)
  }

  private func verdict(_ layout: PieceLayout, _ generator: inout SeededGenerator) -> Verdict? {
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: return nil
    case 1: return .deny("no", validUntil: WallTime(nanoseconds: Int64.random(in: 0..<1000, using: &generator)))
    case 2: return .allow("yes")
    default:
      var files = Bitfield(count: layout.files.count)
      for file in layout.files.indices { files[file] = Bool.random(using: &generator) }
      let part = PartialScope(pieces: Bitfield(count: layout.pieceCount, filled: true), files: files, layout: layout)
      return .allow("some", scope: .part(part))
    }
  }

  // MARK: Handlers

  private struct Handlers {
    let chain: PeerPluginChain
    let context: PeerContext
    let installed: InstalledPlugin
  }

  private func handlers(_ script: RecordingScript) throws -> Handlers {
    let lane = HookLane()
    let artifact = PolicyFixtures.artifact()
    let context = PeerContext(
      artifact: artifact, infoBytes: [], facts: PolicyFixtures.peer(artifact: artifact), grant: PolicyFixtures.grant(), now: .now,
      handle: PeerHandle(loop: EmbeddedEventLoop(), visit: { _ in }, flush: {}), lane: lane)
    let chain = PeerPluginChain(lane: lane, connection: 1)
    let plugin = RecordingPlugin(script: script)
    let installed = InstalledPlugin(name: "tried", plugin: plugin, place: "tried:1:1", mode: .shadow)
    let torrent = try #require(try plugin.newTorrent(artifact))
    chain.append(try #require(try torrent.newConnection(context)), of: installed)
    return Handlers(chain: chain, context: context, installed: installed)
  }

  private let block = Block(piece: 1, offset: 0, length: 16)

  @Test func answersOfAHandlerInShadowAreToldAndNotHeeded() throws {
    let handlers = try handlers(
      script {
        $0.request = { peer, block in
          peer.choke()
          peer.close("enough")
          return block.piece == 1 ? .reject("not today") : .postpone(until: .now)
        }
        $0.handlings[.onHave] = .handled
      })
    var told: [String] = []
    handlers.chain.onShadow = { told.append("\($0.plugin.name) \($0.operation) \($0.verdict) \($0.reason)") }
    #expect(try handlers.chain.onRequest(block) == nil)
    #expect(try handlers.chain.onRequest(Block(piece: 2, offset: 0, length: 16)) == nil)
    #expect(try handlers.chain.onHave(3) == .pass)
    #expect(told == ["tried request reject not today"])
    #expect(handlers.installed.statistics.snapshot.shadowed == 2)
    #expect(handlers.context.acts.isEmpty, "what it asks for is not done")
  }

  @Test func aThrowOfAHandlerInShadowEndsNothing() throws {
    let handlers = try handlers(
      script {
        $0.acts[.onInterested] = { _ in throw Broken() }
        $0.request = { _, _ in throw Broken() }
      })
    #expect(try handlers.chain.onInterested() == .pass)
    #expect(try handlers.chain.onRequest(block) == nil)
    #expect(handlers.installed.statistics.snapshot.faults == [.onInterested: 1, .onRequest: 1])
  }

  @Test func theJournalOfAPluginInShadowSaysThatNothingHappened() throws {
    let journal = TestJournal()
    let shadow = ShadowJournal(journal: journal)
    for verdict in ["allow", "deny"] {
      shadow.record(
        JournalRecord(
          at: PolicyFixtures.noon, principal: "p", address: nil, operation: "request", verdict: verdict, plugin: "quota", reason: "r"))
    }
    #expect(journal.records.map(\.verdict) == ["allow", "shadow-deny"])
  }
}
