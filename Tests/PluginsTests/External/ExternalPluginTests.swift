import Foundation
import Logging
import NIOEmbedded
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Plugins

/// The plugin with a program in the test's own process.
struct ExternalPluginTests {
  private final class Hour: Sendable {
    private let time = Mutex(PolicyFixtures.noon)
    var now: WallTime { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 = $0.after(duration) } }
  }

  private struct Fixture {
    let plugin: ExternalPlugin
    let program: ScriptedProgram
    let hour: Hour
    let memory: PluginMemory
    let journal: TestJournal

    init(
      _ program: ScriptedProgram, _ settings: LiteralValue = ["command": "policy.py"], hour: Hour = Hour(),
      memory: PluginMemory = PluginMemory()
    ) throws {
      (self.program, self.hour, self.memory) = (program, hour, memory)
      journal = TestJournal()
      var services = PluginServices(
        wallClock: { hour.now }, clock: { .now }, journal: journal, logger: Logger(label: "test"), folder: "/etc/granary",
        memory: memory)
      services.children = program
      plugin = try ExternalPlugin(settings: LiteralSettings(settings).decode(ExternalSettings.self), services: services)
    }

    /// A peer that has named an artifact.
    func peer(_ change: (inout PeerFacts) -> Void = { _ in }) -> PeerFacts {
      var facts = PolicyFixtures.peer(artifact: PolicyFixtures.artifact(), now: hour.now)
      facts.peerID = PeerID([UInt8](repeating: 65, count: 20))
      change(&facts)
      return facts
    }

    func tick() throws { try plugin.tick(.now) }
  }

  @Test func theProgramIsAskedOnceAndBlocksAreAnsweredFromThat() async throws {
    let it = try Fixture(ScriptedProgram(answering: #""verdict":"allow","reason":"a friend""#))
    let facts = it.peer()
    #expect(try !it.plugin.judge(.request, facts).isAllowed)
    let verdict = try await it.plugin.admit(facts)
    #expect(verdict.isAllowed && verdict.reason == "a friend")
    for operation in it.plugin.guards { #expect(try it.plugin.judge(operation, facts).isAllowed) }
    #expect(it.program.messages.filter { $0.contains(#""type":"ask""#) }.count == 1)
  }

  @Test func itsDenialAndItsReasonAreTheVerdict() async throws {
    let it = try Fixture(ScriptedProgram(answering: #""verdict":"deny","reason":"not on a Monday","rule":"days""#))
    let verdict = try await it.plugin.admit(it.peer())
    #expect(verdict == .deny("not on a Monday", rule: "days", validUntil: it.hour.now.after(.seconds(300))))
  }

  @Test func factsHaveWhatPolicyNeedsAndNoKeys() async throws {
    let it = try Fixture(ScriptedProgram(answering: #""verdict":"allow""#))
    let exporter = [UInt8](repeating: 0xEE, count: 32)
    let facts = it.peer { facts in
      facts.identities = [Identity(trust: "fleet", name: "spiffe://corp/edge/7")]
      facts.link = .tls(
        CertificateFacts(
          trust: "fleet", subject: "CN=edge-7", serial: "AB", issuers: ["CN=ca"], validUntil: it.hour.now.after(.seconds(60)),
          exporter: exporter))
    }
    _ = try await it.plugin.admit(facts)
    let text = try #require(it.program.messages.first { $0.contains(#""type":"ask""#) })
    let message = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(message["operations"] as? [String] == ["connect", "message", "metadata", "request"])
    let told = try #require(message["facts"] as? [String: Any])
    #expect(told["principal"] as? String == "fleet/spiffe://corp/edge/7")
    #expect(told["address"] as? String == "10.1.2.3" && told["port"] as? Int == 50_000)
    #expect(told["link"] as? String == "tls" && told["direction"] as? String == "inbound")
    #expect((told["artifact"] as? [String: Any])?["name"] as? String == "app-1.0")
    #expect((told["artifact"] as? [String: Any])?["size"] as? Int == 64)
    #expect(told["info_hash"] as? String == String(repeating: "ab", count: 20))
    #expect((told["certificate"] as? [String: Any])?["serial"] as? String == "AB")
    #expect(told["time"] as? Double == it.hour.now.unixSeconds)
    #expect(!text.contains("exporter") && !text.lowercased().contains("eeeeee") && !text.contains("238,238"))
  }

  @Test func nobodyIsAskedBeforeThereIsSomethingToAsk() async throws {
    let it = try Fixture(ScriptedProgram(answering: #""verdict":"deny""#))
    #expect(try await it.plugin.admit(PolicyFixtures.peer()).isAllowed)
    #expect(try await it.plugin.admit(it.peer { $0.link = .securing }).isAllowed)
    #expect(it.program.messages.isEmpty)
  }

  @Test func anUnknownArtifactIsAskedAboutLikeAKnownOne() async throws {
    let it = try Fixture(ScriptedProgram(answering: #""verdict":"allow""#))
    let facts = it.peer { $0.artifact = nil }
    #expect(try await it.plugin.admit(facts).isAllowed)
    #expect(it.program.messages.contains { $0.contains(#""type":"ask""#) && !$0.contains(#""artifact""#) })
    #expect(try !it.plugin.judge(.connect, facts).isAllowed)
  }

  @Test func whomWeDialMayBeDialedAndIsAskedAboutBeforeItIsToldAnything() async throws {
    let it = try Fixture(
      ScriptedProgram(
        answering: #""verdict":"allow","verdicts":{"request":{"verdict":"deny","reason":"no"},"metadata":{"verdict":"deny"}}"#))
    let early = it.peer { ($0.direction, $0.peerID) = (.outbound, nil) }
    #expect(try it.plugin.judge(.connect, early).isAllowed && it.plugin.judge(.request, early).isAllowed)
    // Who may have nothing does not get to read which artifact it is.
    #expect(try await it.plugin.admit(early) == .deny("no", validUntil: it.hour.now.after(.seconds(300))))
    #expect(try !it.plugin.judge(.request, early).isAllowed)
    #expect(try !it.plugin.judge(.request, it.peer { $0.direction = .outbound }).isAllowed)
  }

  @Test func noAnswerIsADenialWithAReason() async throws {
    let it = try Fixture(ScriptedProgram { _ in nil }, ["command": "p", "deadline": "20ms"])
    let pump = Task {
      while !Task.isCancelled {
        try it.tick()
        try await Task.sleep(for: .milliseconds(1))
      }
    }
    let verdict = try await it.plugin.admit(it.peer())
    pump.cancel()
    #expect(!verdict.isAllowed && verdict.rule == "no-answer")
    #expect(verdict.reason.hasPrefix("the program"))
  }

  @Test func aQuestionWhoseConnectionIsGoneIsOver() async throws {
    let it = try Fixture(ScriptedProgram { _ in nil }, ["command": "p", "deadline": "60s"])
    let question = Task { try await it.plugin.admit(it.peer()) }
    try await until { it.program.messages.contains { $0.contains(#""type":"ask""#) } }
    question.cancel()
    #expect(try await question.value.reason == "the connection was gone before the program had answered")
  }

  @Test func garbageEndsItIsJournalledAndIsCharged() async throws {
    let it = try Fixture(ScriptedProgram { _ in "nonsense" })
    let verdict = try await it.plugin.admit(it.peer())
    #expect(verdict.reason == "the program has sent what cannot be read: not JSON")
    let row = try #require(it.journal.records.first)
    #expect((row.operation, row.verdict, row.plugin) == ("plugin", "ended", "external"))
    #expect(row.reason == "/etc/granary/policy.py has sent what cannot be read: not JSON; it is started again in 0.1 seconds")
    #expect(row.place == "$.command")
    #expect(throws: ExternalReadingProblem.self) { try it.tick() }
    #expect(throws: Never.self) { try it.tick() }
  }

  @Test func oneThatFailsTooOftenIsTrippedAndDenies() async throws {
    // A pause so long that the program's thread gets to see it.
    let it = try Fixture(ScriptedProgram { _ in "nonsense" }, ["command": "p", "restart": ["from": "1s", "to": "1s"]])
    let installed = InstalledPlugin(name: "external", plugin: it.plugin, place: "f.yaml:1:1", budget: .init(faults: 2))
    let pipeline = try Pipeline(plugins: [installed], generation: 1)
    let deadline = ContinuousClock.now + .seconds(120)
    while !installed.isTripped {
      try #require(ContinuousClock.now < deadline)
      let decision = await pipeline.admit(it.peer())
      #expect(!decision.isAllowed)
      installed.tell(.tick) { try it.tick() }
    }
    let decision = await pipeline.admit(it.peer())
    let refusal = try #require(decision.refusal)
    #expect(refusal.verdict.rule == "tripped" && refusal.verdict.reason.contains("has sent what cannot be read"))
    #expect(pipeline.grant(it.peer()).isEmpty)
  }

  @Test func aReloadKeepsWhatIsLiveAndAsksAgain() async throws {
    let hour = Hour()
    let memory = PluginMemory()
    let first = try Fixture(ScriptedProgram(answering: #""verdict":"allow","reason":"first""#), hour: hour, memory: memory)
    let facts = first.peer()
    _ = try await first.plugin.admit(facts)
    let context = PolicyFixtures.context(on: NIOAsyncTestingEventLoop())
    context.facts = facts
    let connection = try #require(try first.plugin.newTorrent(PolicyFixtures.artifact())?.newConnection(context))

    // One that is made and not used changes nothing.
    let failed = try Fixture(ScriptedProgram(answering: #""verdict":"deny""#), hour: hour, memory: memory)
    hour.advance(by: .seconds(20))
    #expect(try first.plugin.judge(.request, first.peer()).isAllowed)

    let second = try Fixture(ScriptedProgram(answering: #""verdict":"deny","reason":"second""#), hour: hour, memory: memory)
    let kept = try second.plugin.judge(.request, second.peer())
    #expect(kept.isAllowed && kept.reason == "first" && kept.validUntil == hour.now.after(.seconds(1)))
    let renewed = try #require(try second.plugin.newTorrent(PolicyFixtures.artifact())?.newConnection(context))
    connection.onDisconnect(DisconnectReason(.engine, "the policy is a new one"))
    try await until {
      try second.tick()
      return try !second.plugin.judge(.request, second.peer()).isAllowed
    }
    #expect(try second.plugin.judge(.request, second.peer()).reason == "second")
    #expect(failed.program.messages.isEmpty)
    renewed.onDisconnect(DisconnectReason(.remote, "bye"))
  }

  @Test func anotherProgramsAnswersDoNotCount() async throws {
    let memory = PluginMemory()
    let first = try Fixture(ScriptedProgram(answering: #""verdict":"allow""#), memory: memory)
    _ = try await first.plugin.admit(first.peer())
    let second = try Fixture(ScriptedProgram(answering: #""verdict":"allow""#), ["command": "/bin/other"], memory: memory)
    #expect(try !second.plugin.judge(.connect, second.peer()).isAllowed)
  }

  @Test func itIsToldOfConnections() async throws {
    let it = try Fixture(ScriptedProgram(answering: #""verdict":"allow""#))
    let facts = it.peer()
    _ = try await it.plugin.admit(facts)
    let context = PolicyFixtures.context(on: NIOAsyncTestingEventLoop())
    context.facts = facts
    let connection = try #require(try it.plugin.newTorrent(PolicyFixtures.artifact())?.newConnection(context))
    connection.onDisconnect(DisconnectReason(.remote, "the peer closed the connection"))
    try await until { it.program.messages.filter { $0.contains(#""type":"event""#) }.count >= 2 }
    let events = it.program.messages.filter { $0.contains(#""type":"event""#) }
    #expect(events[0].contains("on_authorized") && events[0].contains("app-1.0"))
    #expect(events[1].contains("on_disconnect") && events[1].contains("the peer closed the connection"))
  }

  @Test func theProgramGoesWithThePlugin() async throws {
    let program = ScriptedProgram(answering: #""verdict":"allow""#)
    do {
      let it = try Fixture(program)
      _ = try await it.plugin.admit(it.peer())
      #expect(program.wish == .up)
    }
    try await until { program.wish == .over }
  }

  private func until(_ isMet: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while try !isMet() {
      try #require(ContinuousClock.now < deadline)
      try await Task.sleep(for: .milliseconds(1))
    }
  }

  @Test func wrongSettingsAreNamedAllAtOnceWithTheirPlaces() throws {
    func problems(_ settings: LiteralValue, _ program: ScriptedProgram = ScriptedProgram { _ in nil }) -> [String] {
      do {
        _ = try Fixture(program, settings)
        return []
      } catch let problems as SettingsProblems {
        return problems.problems.map(\.description)
      } catch {
        return ["\(error)"]
      }
    }
    #expect(
      problems([
        "command": "p", "guards": ["request", "announce"], "deadline": "5ms", "in-flight": 0, "frame": "1 KiB", "memory": "1 MiB",
        "valid-for": "1s", "restart": ["from": "2s", "to": "1s"],
      ]) == [
        "$.guards[1]: guards: a program can be asked about connect, message, metadata, request, and not about 'announce'",
        "$.guards: guards: connect must be among them: it is when a peer connects that the program is asked about everything",
        "$.deadline: deadline: expected 0.01 seconds to 60.0 seconds, found '5ms'",
        "$.valid-for: valid-for: expected 10.0 seconds to 86400.0 seconds, found '1s'",
        "$.in-flight: in-flight: expected 1 to 1024, found 0", "$.frame: frame: expected 4 KiB to 1 MiB, found '1 KiB'",
        "$.memory: memory: expected 16 MiB to 1024 GiB, found '1 MiB'",
        "$.restart.to: restart.to: the longest pause is shorter than the first",
      ])
    #expect(
      problems(["command": "p"], ScriptedProgram(problem: "others can write to it") { _ in nil }) == [
        "$.command: command: others can write to it"
      ])
    #expect(problems([:]).first?.contains("command") == true)
    #expect(problems(["command": "p", "comand": "q"]) == ["$: unknown key 'comand'"])
  }

  @Test func aProgramThatRunsAsRootIsWarnedOf() throws {
    let program = ScriptedProgram(runsAsRoot: true) { _ in nil }
    #expect(try Fixture(program).plugin.warnings.count == 1)
    #expect(try Fixture(program, ["command": "p", "user": "nobody"]).plugin.warnings.isEmpty)
  }
}
