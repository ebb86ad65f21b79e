import Inventory
import PluginKit
import TestSupport
import Testing

@testable import GranaryNode

@Suite struct TallyTests {
  private func installed(_ name: String, guards: Set<Operation> = [.connect]) -> InstalledPlugin {
    var script = RecordingScript()
    script.guards = guards
    return InstalledPlugin(name: name, plugin: RecordingPlugin(script: script), place: "f.yaml:1:1")
  }

  private func record(_ operation: String, _ plugin: String, _ verdict: String) -> JournalRecord {
    JournalRecord(at: .now, principal: "p", address: nil, operation: operation, verdict: verdict, plugin: plugin, reason: "r")
  }

  @Test func `what plugins did counts on over reloads`() throws {
    let tally = PluginTally()
    let (first, second) = (installed("gate"), installed("gate"))
    tally.turn(to: try Pipeline(plugins: [first], generation: 1))
    first.statistics.returned(from: .judge, after: .milliseconds(500), calls: 3)
    first.statistics.countFault(.judge)
    #expect(tally.counts["gate"]?.calls == [.judge: 3])
    let pipeline = try Pipeline(plugins: [second, installed("other")], generation: 2)
    tally.turn(to: pipeline)
    tally.turn(to: pipeline)
    second.statistics.count(.judge, times: 2)
    let counts = try #require(tally.counts["gate"])
    #expect(counts.calls == [.judge: 5] && counts.faults == [.judge: 1] && counts.seconds == [.judge: 0.5])
    #expect(tally.counts["other"]?.calls == [:])
    // A plugin that is gone is not forgotten: a counter does not go back.
    tally.turn(to: try Pipeline(plugins: [], generation: 3))
    #expect(tally.counts["gate"]?.calls == [.judge: 5])
  }

  @Test func `verdicts are counted, and those that can come are there at 0`() throws {
    let tally = VerdictTally()
    let pipeline = try Pipeline(plugins: [installed("allowlist"), installed("gate", guards: [.request])], generation: 1)
    tally.count(record("connect", "allowlist", "deny"))
    tally.count(record("connect", "allowlist", "deny"))
    tally.count(record("reload", "control", "allow"))
    let counts = tally.counts(touching: pipeline)
    #expect(
      counts == [
        .init(operation: "connect", plugin: "allowlist", verdict: "deny"): 2,
        .init(operation: "connect", plugin: "allowlist", verdict: "allow"): 0,
        .init(operation: "request", plugin: "gate", verdict: "deny"): 0, .init(operation: "connect", plugin: "tls", verdict: "deny"): 0,
        .init(operation: "limit", plugin: "engine", verdict: "deny"): 0, .init(operation: "reload", plugin: "control", verdict: "allow"): 1,
      ])
  }

  @Test func `a plugin with any number of words is counted as others`() throws {
    let tally = VerdictTally()
    for number in 0..<2000 { tally.count(record("\(number)", "wordy", "deny")) }
    let counts = tally.counts(touching: try Pipeline(plugins: [], generation: 1))
    #expect(counts.count <= 510)
    #expect(counts.values.reduce(0, +) == 2000)
    #expect(counts[.init(operation: "other", plugin: "other", verdict: "other")] == 1500)
  }

  @Test func `a reload is counted by its end, and the last good one is known`() {
    var tally = ReloadTally(startedAt: WallTime(nanoseconds: 1))
    #expect(tally.isLastGood && tally.takenAt == WallTime(nanoseconds: 1))
    tally.note(true, at: WallTime(nanoseconds: 2))
    tally.note(false, at: WallTime(nanoseconds: 3))
    #expect((tally.succeeded, tally.failed) == (1, 1))
    #expect(!tally.isLastGood && tally.takenAt == WallTime(nanoseconds: 2))
  }
}
