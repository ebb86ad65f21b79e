import Metainfo
import PluginKit
import Plugins
import TestSupport
import Testing

@testable import GranaryNode

/// The lines of a table that `policy test` reads.
struct PolicyTableTests {
  private let artifact = PolicyFixtures.artifact()

  private func question(_ row: LiteralValue) throws -> PolicyQuestion {
    try PolicyQuestion(LiteralSettings(row).decode(PolicyCase.self), artifact: artifact, now: PolicyFixtures.noon)
  }

  private func pipeline(_ rules: LiteralValue) throws -> Pipeline {
    let entries = [
      PipelineEntry(name: "allowlist", place: "a:1:1", settings: LiteralSettings(["addresses": ["10.0.0.0/8"]])),
      PipelineEntry(name: "gate", place: "a:2:1", settings: LiteralSettings(["on_request": rules])),
    ]
    return try PipelineBuilder(
      registry: PluginRegistry(Plugins.builtIns), services: { _ in PolicyFixtures.services() }, explain: { _ in nil }
    ).build(entries, generation: 1).get()
  }

  @Test(
    arguments: [
      (["peer": "10.1.2.3"], PolicyCase.Expected.part, "gate"), (["peer": "192.0.2.1"], .deny, "allowlist"),
      (["peer": "10.1.2.3", "file": "readme.txt"], .allow, "gate"), (["peer": "10.1.2.3", "file": "secret/key"], .deny, "gate"),
      (["peer": "10.1.2.3", "operation": "connect"], .allow, "allowlist"), (["peer": "10.1.2.3", "operation": "metadata"], .deny, "gate"),
      (["peer": "10.1.2.3:6881", "at": "2031-01-01T00:00:00Z"], .deny, "gate"),
      (["peer": "10.1.2.3", "identities": ["fleet/dns:a.corp"]], .allow, "gate"),
      (["peer": "10.1.2.3", "client": "-LT2080-"], .allow, "gate"),
    ] as [([String: LiteralValue], PolicyCase.Expected, String)])
  func answersAreThoseOfTheGuards(row: [String: LiteralValue], expected: PolicyCase.Expected, plugin: String) throws {
    let pipeline = try pipeline([
      ["identities": ["fleet/dns:*.corp"]], ["clients": ["-LT*"]], ["files": ["readme.txt"], "until": "2030-01-01"],
    ])
    let answer = try question(.mapping(row.merging(["expect": "allow"]) { $1 })).answer(pipeline)
    #expect(answer.verdict == expected)
    #expect(answer.judgement?.plugin == plugin)
  }

  @Test(
    arguments: [
      (["peer": "nowhere", "expect": "allow"], "$.peer: peer: 'nowhere' is no address"),
      (["peer": "10.0.0.1", "expect": "maybe"], "$.expect: expect: 'maybe' is none of allow, deny, part"),
      (
        ["peer": "10.0.0.1", "expect": "allow", "operation": "ponder"],
        "$.operation: operation: 'ponder' is none of connect, metadata, request, ask, announce, message"
      ),
      (["peer": "10.0.0.1", "expect": "allow", "file": "other"], "$.file: file: the artifact has no file 'other'"),
      (["peer": "10.0.0.1", "expect": "allow", "at": "soon"], "$.at: at: 'soon' is no moment such as 2027-01-31T18:00:00Z"),
      (
        ["peer": "10.0.0.1", "expect": "allow", "identities": ["somebody"]],
        "$.identities[0]: identities: 'somebody' is no identity such as fleet/spiffe://corp/edge/7"
      ),
    ] as [([String: LiteralValue], String)])
  func badValuesAreNamed(row: [String: LiteralValue], message: String) {
    let problem = #expect(throws: SettingsProblem.self) { try question(.mapping(row)) }
    #expect(problem?.description == message)
  }
}
