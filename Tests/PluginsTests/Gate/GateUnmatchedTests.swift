import Metainfo
import PluginKit
import TestSupport
import Testing

@testable import Plugins

/// Which of the gate's refusals are for want of a rule.
struct GateUnmatchedTests {
  private func judge(_ settings: LiteralValue, _ operation: Operation = .request, name: String = "app-1.0") throws -> Verdict {
    let gate = try GatePlugin(settings: LiteralSettings(settings).decode(GateSettings.self), services: PolicyFixtures.services())
    var facts = PolicyFixtures.peer(artifact: PolicyFixtures.artifact(name))
    facts.identities = [Identity(trust: "fleet", name: "dns:edge-7.corp")]
    return try gate.judge(operation, facts)
  }

  @Test(
    arguments: [
      ["on_request": []], ["on_request": [["peers": ["192.0.2.0/24"]]]], ["on_request": [["identities": ["fleet/dns:*.lab"]]]],
      ["on_request": [["artifacts": ["lib-*"]]]], ["on_request": [["artifacts": ["app-*"], "answer": "shadow"]]],
    ] as [LiteralValue])
  func whomNoRuleIsAboutIsUnmatched(settings: LiteralValue) throws {
    #expect(try judge(settings).isUnmatched)
    #expect(try judge(settings, .metadata).isUnmatched, "metadata follows the requests")
  }

  @Test(
    arguments: [
      ["on_request": [["answer": "deny"]]], ["on_request": [["when": ["from": "22:00", "to": "23:00"]]]],
      ["on_request": [["until": "2026-11-23T12:00:00Z"]]], ["on_request": [["files": ["nothing"]]]],
      ["on_request": [["peers": ["192.0.2.0/24"]], ["identities": ["fleet/dns:*.corp"], "answer": "deny"]]],
    ] as [LiteralValue])
  func whomARuleDeniesOrDoesNotLetInNowIsNot(settings: LiteralValue) throws {
    let verdict = try judge(settings)
    #expect(!verdict.isAllowed && !verdict.isUnmatched)
    #expect(try !judge(settings, .metadata).isUnmatched)
  }

  @Test func whoMayHaveAPartIsDeniedTheMetadataByThatRule() throws {
    let verdict = try judge(["on_request": [["files": ["readme.txt"]]]], .metadata)
    #expect(!verdict.isAllowed && !verdict.isUnmatched)
  }

  @Test(arguments: [Operation.connect, .announce, .message])
  func listsThatDecideAsAWholeAreTheSame(operation: Operation) throws {
    let list = operation.rawValue
    #expect(try judge([list: [["artifacts": ["lib-*"]]]], operation).isUnmatched)
    #expect(try judge([list: []], operation).isUnmatched)
    #expect(try !judge([list: [["answer": "deny"]]], operation).isUnmatched)
    #expect(try !judge([list: [["when": ["from": "22:00", "to": "23:00"]]]], operation).isUnmatched)
  }
}
