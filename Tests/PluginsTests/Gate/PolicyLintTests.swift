import Metainfo
import PluginKit
import TestSupport
import Testing

@testable import Plugins

/// What `policy lint` finds in rules and lists.
struct PolicyLintTests {
  private func findings(
    _ settings: LiteralValue, artifacts: [String] = ["app-1.0", "lib-1.0"], plain: [String] = []
  ) throws -> [PolicyFinding] {
    let gate = try GatePlugin(settings: LiteralSettings(settings).decode(GateSettings.self), services: PolicyFixtures.services())
    return gate.findings(survey(artifacts, plain))
  }

  private func survey(_ artifacts: [String], _ plain: [String]) -> PolicySurvey {
    PolicySurvey(artifacts: artifacts.map { PolicyFixtures.artifact($0) }, plainListeners: plain, now: PolicyFixtures.noon)
  }

  private func lines(_ findings: [PolicyFinding]) -> [String] { findings.map { "\($0.kind.rawValue): \($0.message)" } }

  @Test func soundRulesAreLeftAlone() throws {
    let rules: LiteralValue = [
      "on_request": [
        ["answer": "deny", "files": ["secret/**"]], ["peers": ["10.0.0.0/8"], "artifacts": ["app-*"]], ["peers": ["192.0.2.0/24"]],
        ["answer": "shadow"], ["when": ["from": "22:00", "to": "06:00"]], ["peers": ["fd00::/8"]],
      ]
    ]
    #expect(try findings(rules) == [])
  }

  @Test(
    arguments: [
      ([[:], ["peers": ["10.0.0.0/8"]]], true), ([["peers": ["10.0.0.0/8"]], ["peers": ["10.1.0.0/16", "10.2.3.4"]]], true),
      ([["peers": ["10.1.0.0/16"]], ["peers": ["10.0.0.0/8"]]], false), ([["peers": ["10.0.0.0/8"]], [:]], false),
      ([["artifacts": ["*"]], ["artifacts": ["app-*"]]], true), ([["artifacts": ["app-*", "lib-*"]], ["artifacts": ["lib-*"]]], true),
      ([["answer": "deny", "files": ["a/**"]], ["files": ["a/**"], "artifacts": ["app-*"]]], true),
      ([["files": ["a/**"]], ["files": ["b/**"]]], false), ([["pieces": ["0-9"]], ["pieces": ["3-4", 7]]], true),
      ([["pieces": ["0-9"]], ["pieces": ["3-12"]]], false), ([["answer": "shadow"], ["peers": ["10.0.0.0/8"]]], false),
      ([["until": "2030-01-01"], ["peers": ["10.0.0.0/8"]]], false), ([["when": ["from": "08:00"]], ["peers": ["10.0.0.0/8"]]], false),
      ([["identities": ["fleet/dns:*.corp", "fleet/cn:x"]], ["identities": ["fleet/cn:x"]]], true),
      ([["clients": ["-LT*"]], ["clients": ["-qB*"]]], false), ([["when": ["bytes-below": "1 MiB"]], ["peers": ["10.0.0.0/8"]]], false),
    ] as [([LiteralValue], Bool)])
  func rulesBehindOneThatDecidesAllAreFound(rules: [LiteralValue], isHidden: Bool) throws {
    let found = try findings(["on_request": .list(rules)]).filter { $0.kind == .unreachable }
    #expect(found.count == (isHidden ? 1 : 0))
    if isHidden {
      #expect(
        found.first
          == PolicyFinding(
            .unreachable,
            "gate.on_request[1] decides nothing: gate.on_request[0] ($.on_request[0]) decides all that it is about",
            place: "$.on_request[1]"))
    }
  }

  @Test func endedEmptyAndForeignRulesAreFound() throws {
    #expect(
      try lines(
        findings([
          "on_request": [["until": "2026-01-01", "by": "anna"], ["peers": []], ["artifacts": ["app-*"]], ["artifacts": ["old-*"]]],
          "connect": [],
        ])) == [
          "empty: gate.on_request[1].peers is empty: the rule never applies",
          "expired: gate.on_request[0] ended 2026-01-02T00:00:00Z: remove it, or write another until",
          "unknown-artifact: gate.on_request[3] is about artifacts that the inventory does not hold",
          "empty: gate.connect is empty: it allows nobody",
          "unreadable-artifact: no rule of gate.on_request gives lib-1.0 to anybody",
        ])
  }

  @Test func artifactsBehindADenialForEverybodyAreFound() throws {
    #expect(
      try lines(findings(["on_request": [["answer": "deny", "artifacts": ["lib-*"]], [:]]])) == [
        "unreadable-artifact: no rule of gate.on_request gives lib-1.0 to anybody"
      ])
    #expect(try findings(["on_request": [["answer": "deny", "peers": ["10.0.0.0/8"]], [:]]]) == [])
  }

  @Test func identitiesAtAPlainListenerAreFound() throws {
    let rules: LiteralValue = ["on_request": [["identities": ["fleet/dns:*.corp"]], ["identities": ["auth/key:*"]], [:]]]
    #expect(try findings(rules) == [])
    #expect(
      try lines(findings(rules, plain: ["127.0.0.1:6881"])) == [
        "plain-listener: gate.on_request[0] is about identities, and peers at the plain listener 127.0.0.1:6881 prove none"
      ])
  }

  @Test func anAllowlistsEntriesAreLookedAtToo() throws {
    func list(_ settings: LiteralValue) throws -> [String] {
      let list = try AllowlistPlugin(
        settings: LiteralSettings(settings).decode(AllowlistSettings.self), services: PolicyFixtures.services())
      return lines(list.findings(survey([], ["127.0.0.1:1"])))
    }
    #expect(try list(["addresses": ["10.0.0.0/8", "192.0.2.0/24"]]) == [])
    #expect(try list(["addresses": []]) == ["empty: the allowlist is empty: nobody may connect"])
    #expect(
      try list(["addresses": ["10.0.0.0/8", "10.1.2.3", ["address": "fd00::/8", "until": "2026-01-01"]], "identities": ["fleet/cn:x"]]) == [
        "expired: allowlist addresses[2] ended 2026-01-02T00:00:00Z: remove it, or write another until",
        "unreachable: allowlist addresses[1] adds nothing: 10.1.2.3/32 is in 10.0.0.0/8, addresses[0]",
        "plain-listener: the allowlist wants identities, and peers at the plain listener 127.0.0.1:1 prove none",
      ])
  }
}
