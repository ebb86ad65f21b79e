import PluginKit
import TestSupport
import Testing

struct PipelineTests {
  private struct Broken: Error {}

  /// A guard that forgot to answer.
  private struct Speechless: Plugin {
    static let name = "speechless"
    let guards: Set<Operation> = [.connect]
    init(settings: NoSettings, services: PluginServices) throws {}
  }

  private func pipeline(_ plugins: any Plugin...) throws -> Pipeline {
    try Pipeline(
      plugins: plugins.enumerated().map { InstalledPlugin(name: "plugin-\($0)", plugin: $1, place: "test.yaml:\($0 + 1):3") }, generation: 4
    )
  }

  private func guarding(
    _ operations: Set<Operation>, _ verdict: @escaping @Sendable (Operation, PeerFacts) throws -> Verdict
  ) -> RecordingPlugin {
    var script = RecordingScript()
    (script.guards, script.judge) = (operations, verdict)
    return RecordingPlugin(script: script)
  }

  @Test func everyGuardMustAllow() throws {
    let pipeline = try pipeline(
      guarding([.connect]) { _, _ in .allow("a") }, guarding([.connect]) { _, _ in .deny("b") },
      guarding([.connect]) { _, _ in .allow("c") })
    let decision = pipeline.decide(.connect, PolicyFixtures.peer())
    #expect(!decision.isAllowed)
    #expect(decision.refusal?.plugin == "plugin-1")
    #expect(decision.judgements.map(\.verdict.reason) == ["a", "b", "c"], "all are asked, so that `why` can name them")
  }

  @Test func operationThatNobodyGuardsIsAllowed() throws {
    let pipeline = try pipeline(guarding([.connect]) { _, _ in .deny("no") })
    #expect(pipeline.decide(.metadata, PolicyFixtures.peer()).isAllowed)
    #expect(pipeline.isGuarded)
    #expect(try !self.pipeline(RecordingPlugin()).isGuarded)
  }

  @Test func guardThatThrowsDeniesAndCountsAsAFault() throws {
    let pipeline = try pipeline(guarding([.connect]) { _, _ in throw Broken() })
    let verdict = try #require(pipeline.decide(.connect, PolicyFixtures.peer()).refusal?.verdict)
    #expect(verdict.reason == "plugin plugin-0 failed in judge: Broken()")
    #expect(verdict.place == "test.yaml:1:3")
    #expect(pipeline.plugins[0].statistics.snapshot.faults == [.judge: 1])
  }

  @Test func guardWithoutAnAnswerDenies() throws {
    let pipeline = try pipeline(Speechless(settings: NoSettings(), services: PolicyFixtures.services()))
    #expect(pipeline.decide(.connect, PolicyFixtures.peer()).refusal?.verdict.reason == "speechless guards connect but has no answer")
  }

  @Test func waitingGuardsAreAwaitedInOrderAndOnesThatThrowDeny() async throws {
    var script = RecordingScript()
    script.guards = [.connect]
    script.admit = { facts in
      await Task.yield()
      return .allow("\(facts.address.ip) waited")
    }
    var broken = script
    broken.admit = { _ in throw Broken() }
    let pipeline = try pipeline(
      RecordingPlugin(script: script), guarding([.connect]) { _, _ in .allow("at once") }, RecordingPlugin(script: broken))
    #expect(pipeline.admitsAsynchronously)
    let decision = await pipeline.admit(PolicyFixtures.peer("10.0.0.9"))
    #expect(decision.judgements.map(\.verdict.reason) == ["10.0.0.9 waited", "at once", "plugin plugin-2 failed in admit: Broken()"])
    #expect(!decision.isAllowed)
  }

  @Test func pipelineWithoutWaitingGuardsDecidesAtOnce() throws {
    #expect(try !pipeline(guarding([.connect]) { _, _ in .allow("yes") }).admitsAsynchronously)
  }

  @Test func grantHoldsTheDecisionsOfItsGeneration() throws {
    let pipeline = try pipeline(guarding([.request, .metadata]) { operation, _ in operation == .request ? .allow("yes") : .deny("no") })
    let grant = pipeline.grant(PolicyFixtures.peer(artifact: PolicyFixtures.artifact()))
    #expect(grant.scope == .everything)
    #expect(!grant.metadata.isAllowed)
    #expect(grant.message.isAllowed)
    #expect(grant.generation == 4)
  }
}

struct MessageTableTests {
  private func installed(_ name: String, _ messages: ExtendedMessage...) -> InstalledPlugin {
    var script = RecordingScript()
    script.extendedMessages = messages
    return InstalledPlugin(name: name, plugin: RecordingPlugin(script: script), place: "\(name):1:1")
  }

  @Test func idsAreGivenInThePipelinesOrder() throws {
    let table = try Pipeline(
      plugins: [
        installed("a", ExtendedMessage(name: "ut_one", maximumSize: 10), ExtendedMessage(name: "ut_two", maximumSize: 30)),
        installed("b", ExtendedMessage(name: "ut_three", maximumSize: 20)),
      ], generation: 1
    ).messages
    #expect(table.ids == ["ut_one": 1, "ut_two": 2, "ut_three": 3, "lt_donthave": 4, "upload_only": 5], "the core's own come last")
    #expect(table.row(id: 2)?.name == "ut_two")
    #expect(table.row(id: 0) == nil)
    #expect(table.row(id: 6) == nil)
    #expect(table.largest == 30)
  }

  @Test func twoPluginsCannotReceiveOneName() {
    let problem = #expect(throws: SettingsProblem.self) {
      try Pipeline(
        plugins: [
          installed("a", ExtendedMessage(name: "ut_x", maximumSize: 1)), installed("b", ExtendedMessage(name: "ut_x", maximumSize: 1)),
        ], generation: 1)
    }
    #expect(problem?.description == "b:1:1: two plugins receive the extended message ut_x")
  }

  @Test func thereAreNoMoreIdsThanAByteHolds() {
    let messages = (0...255).map { ExtendedMessage(name: "m\($0)", maximumSize: 1) }
    var script = RecordingScript()
    script.extendedMessages = messages
    #expect(throws: SettingsProblem.self) {
      try Pipeline(plugins: [InstalledPlugin(name: "a", plugin: RecordingPlugin(script: script), place: "a")], generation: 1)
    }
  }

  @Test(arguments: [(-1, 1), (0, 1), (5, 5), (1 << 20, 1 << 20), (1 << 21, 1 << 20)])
  func sizesAreKeptWithinTheirBounds(asked: Int, given: Int) {
    #expect(ExtendedMessage(name: "x", maximumSize: asked).maximumSize == given)
  }
}
