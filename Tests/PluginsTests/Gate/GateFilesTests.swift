import Foundation
import Metainfo
import PluginKit
import TestSupport
import Testing

@testable import Plugins

/// Rules that are kept apart from the configuration.
struct GateFilesTests {
  private let memory = PluginMemory()
  private let counters = PluginCounters()

  private func gate(_ settings: LiteralValue, _ files: [String: LiteralValue], folder: String = "/etc") throws -> GatePlugin {
    let fixed = PolicyFixtures.services()
    let services = PluginServices(
      wallClock: fixed.wallClock, clock: fixed.clock, journal: fixed.journal, logger: fixed.logger, folder: folder, counters: counters,
      documents: LiteralDocuments(files), memory: memory)
    return try GatePlugin(settings: LiteralSettings(settings).decode(GateSettings.self), services: services)
  }

  private func judge(_ gate: GatePlugin, _ name: String = "app-1.0", peer: String = "10.1.2.3") throws -> Verdict {
    try gate.judge(.request, PolicyFixtures.peer(peer, artifact: PolicyFixtures.artifact(name)))
  }

  private let edge: LiteralValue = ["on_request": [["peers": ["10.1.0.0/16"]]]]

  @Test func rulesOfFilesFollowTheSettingsOwn() throws {
    let gate = try gate(
      ["on_request": [["answer": "deny", "artifacts": ["lib-*"]]], "rules": "edge.yaml"], ["/etc/edge.yaml": edge])
    #expect(try judge(gate, "lib-1.0").rule == "on_request[0]")
    let verdict = try judge(gate)
    #expect(verdict.rule == "on_request[0] of edge.yaml")
    #expect(verdict.place == "$.on_request[0]", "the place is in that file")
    #expect(gate.guards == [.request, .metadata])
  }

  @Test func filesAreReadInTheOrderOfTheList() throws {
    let files: [String: LiteralValue] = ["/etc/a.yaml": ["on_request": [[:]]], "/etc/b.yaml": ["on_request": [["answer": "deny"]]]]
    #expect(try judge(gate(["rules": ["a.yaml", "b.yaml"]], files)).isAllowed)
    #expect(try !judge(gate(["rules": ["b.yaml", "a.yaml"]], files)).isAllowed)
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func aPatternsFilesAreReadByNameHoweverTheFolderHasThem(seed: UInt64) throws {
    let folder = try TemporaryDirectory("rules")
    var generator = SeededGenerator(seed: seed)
    let names = (0..<6).map { "\(["a", "b", "B", "c", "é", "z"][$0])-rules.yaml" }
    for name in names.shuffled(using: &generator) + [".hidden.yaml", "notes.txt"] { try folder.write([], to: name) }
    var files: [String: LiteralValue] = [:]
    // Each file allows one network and denies all others what an earlier one has not allowed.
    for (index, name) in names.enumerated() {
      files[folder.path(name)] = ["on_request": [["artifacts": ["app-*"], "peers": [.text("10.\(index).0.0/16")]]]]
    }
    let gate = try gate(["rules": "*.yaml"], files, folder: folder.path)
    let order = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let rules = gate.lists[.onRequest]?.rules.map(\.name)
    #expect(rules == order.map { "on_request[0] of \($0)" })
    // Rules that overlap nowhere: the order in which files are listed is of no matter.
    let listed = try self.gate(["rules": .list(names.shuffled(using: &generator).map { .text($0) })], files, folder: folder.path)
    for index in 0..<7 {
      let peer = "10.\(index).1.1"
      #expect(try judge(gate, peer: peer) == judge(listed, peer: peer))
      #expect(try judge(gate, peer: peer).isAllowed == (index < 6))
    }
  }

  @Test(arguments: [nil, [:], ["on_request": []], ["on_request": [], "metadata": []]] as [LiteralValue?])
  func whatReadsAsNothingKeepsWhatItSaidBefore(emptied: LiteralValue?) throws {
    let settings: LiteralValue = ["rules": "edge.yaml"]
    #expect(try judge(gate(settings, ["/etc/edge.yaml": edge])).isAllowed)
    let reloaded = try gate(settings, emptied.map { ["/etc/edge.yaml": $0] } ?? [:])
    #expect(try judge(reloaded).isAllowed)
    let reason = emptied == nil ? "cannot be used: there is no such file" : "has no rules"
    #expect(reloaded.warnings == ["rules: /etc/edge.yaml \(reason): what it said before stays in force"])
    #expect(counters.snapshot == ["gate_files_kept": 1])
    // The next good one counts.
    let healed = try gate(settings, ["/etc/edge.yaml": ["on_request": [["peers": ["192.0.2.0/24"]]]]])
    #expect(try !judge(healed).isAllowed)
    #expect(healed.warnings.isEmpty)
  }

  @Test func atTheStartNothingIsAnError() throws {
    for (file, reason) in [(nil, "cannot be used: there is no such file"), (["on_request": []], "has no rules")]
      as [(LiteralValue?, String)]
    {
      let problems = #expect(throws: SettingsProblems.self) {
        try gate(["rules": ["edge.yaml"]], file.map { ["/etc/edge.yaml": $0] } ?? [:])
      }
      #expect(problems?.problems.map(\.description) == ["$.rules[0]: rules: /etc/edge.yaml \(reason)"])
    }
  }

  @Test func aPatternThatNamesNothingKeepsItsFiles() throws {
    let folder = try TemporaryDirectory("rules")
    try folder.write([], to: "a.yaml")
    let files = [folder.path("a.yaml"): edge]
    #expect(try judge(gate(["rules": "*.yaml"], files, folder: folder.path)).isAllowed)
    try FileManager.default.removeItem(atPath: folder.path("a.yaml"))
    let reloaded = try gate(["rules": "*.yaml"], [:], folder: folder.path)
    #expect(try judge(reloaded).isAllowed)
    #expect(reloaded.warnings.count == 2)
  }

  @Test func aFileThatMakesNoSenseChangesNothing() throws {
    #expect(throws: LiteralProblem.self) { try gate(["rules": "edge.yaml"], ["/etc/edge.yaml": ["on_requests": []]]) }
    let problems = #expect(throws: SettingsProblems.self) {
      try gate(["rules": ["edge.yaml", "*/x.yaml", "*[.yaml"]], ["/etc/edge.yaml": ["connect": [["peers": ["x"]]]]])
    }
    #expect(
      problems?.problems.map(\.description) == [
        "$.rules[1]: rules: '*/x.yaml': only the last part of a path may be a pattern",
        "$.rules[2]: rules: '*[.yaml': '[' has no meaning in a pattern: write '\\[' for the character itself",
        "$.connect[0].peers[0]: connect[0] of edge.yaml.peers[0]: 'x' is not an address or a network such as 10.20.0.0/16 or fd00::/8",
      ])
  }
}
