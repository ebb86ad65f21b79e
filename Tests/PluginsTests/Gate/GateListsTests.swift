import Metainfo
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Plugins

/// The gate's lists beside `on_request`, its answers, and what it says of a peer that is not known in full.
struct GateListsTests {
  private func gate(_ settings: LiteralValue) throws -> GatePlugin {
    try GatePlugin(settings: LiteralSettings(settings).decode(GateSettings.self), services: PolicyFixtures.services())
  }

  private func problems(_ settings: LiteralValue) -> [String] {
    (#expect(throws: SettingsProblems.self) { try gate(settings) })?.problems.map(\.description) ?? []
  }

  private func peer(_ change: (inout PeerFacts) -> Void = { _ in }) -> PeerFacts {
    var facts = PolicyFixtures.peer(artifact: PolicyFixtures.artifact())
    facts.peerID = PeerID(Array("-LT2080-".utf8) + [UInt8](repeating: 1, count: 12))
    change(&facts)
    return facts
  }

  private func proving(_ identities: String...) -> PeerFacts {
    peer { facts in
      facts.identities = identities.map { text in
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        return Identity(trust: parts[0], name: parts[1])
      }
    }
  }

  // MARK: Which operations

  @Test(arguments: [
    ("connect", [PluginKit.Operation.connect]), ("announce", [.announce]), ("message", [.message]), ("write_request", [.ask]),
    ("metadata", [.metadata]), ("on_request", [.request, .metadata]),
  ])
  func theGateGuardsWhatItHasRulesFor(list: String, operations: [PluginKit.Operation]) throws {
    let gate = try gate(.mapping([list: [["peers": ["10.1.0.0/16"]]]]))
    #expect(gate.guards == Set(operations))
    for operation in PluginKit.Operation.allCases {
      #expect(try gate.judge(operation, peer()).isAllowed == operations.contains(operation), "\(operation)")
    }
    #expect(try operations.allSatisfy { try !gate.judge($0, peer { $0.address = PolicyFixtures.peer("192.0.2.1").address }).isAllowed })
  }

  @Test func aGateWithoutRulesIsAMistake() {
    #expect(problems([:]) == ["the gate has no rules: write on_request, another list, or files of rules"])
  }

  @Test func theFirstRuleAboutThePeerDecidesWhatIsGivenAsAWhole() throws {
    let gate = try gate([
      "connect": [["answer": "deny", "peers": ["10.1.2.3"], "reason": "moved"], ["until": "2026-11-24"], ["peers": ["fd00::/8"]]]
    ])
    #expect(
      try gate.judge(.connect, peer()) == .deny("denied by gate.connect[0]: moved", rule: "connect[0]", place: "$.connect[0]"))
    let other = peer { $0.address = PolicyFixtures.peer("10.9.9.9").address }
    #expect(
      try gate.judge(.connect, other)
        == .allow(
          "allowed by gate.connect[1]", rule: "connect[1]", place: "$.connect[1]", validUntil: Moment("2026-11-25T00:00:00Z")?.time))
  }

  @Test(arguments: [
    ("-LT20*", true), ("-LT2080-", true), ("libtorrent 2.*", true), ("libtorrent *", true), ("-qB*", false), ("libtorrent", false),
    ("*", true),
  ])
  func clientsAreNamedByIdOrName(pattern: String, isMatch: Bool) throws {
    let gate = try gate(["connect": [["clients": [.text(pattern)]]]])
    #expect(try gate.judge(.connect, peer()).isAllowed == isMatch)
  }

  @Test(arguments: [
    ("auth/key:edge-*", "auth/key:edge-7", true), ("auth/key:edge-7", "auth/key:edge-7", true),
    ("auth/key:edge-*", "auth/key:build-7", false),
    ("auth/token:release/*", "auth/token:release/t1", true), ("auth/token:*/t1", "auth/token:release/t1", true),
    ("auth/token:release/*", "auth/token:other/t1", false), ("auth/key:*", "auth/token:release/t1", false),
    ("fleet/key:edge-*", "auth/key:edge-7", false),
  ])
  func keysAndTokensAreIdentities(pattern: String, identity: String, isMatch: Bool) throws {
    let gate = try gate(["on_request": [["identities": [.text(pattern)]]]])
    #expect(try gate.judge(.request, proving(identity)).isAllowed == isMatch)
  }

  // MARK: What is not known yet

  @Test func whatIsNotKnownYetDeniesNobodyAndIsAskedAgain() throws {
    let gate = try gate([
      "connect": [
        ["answer": "deny", "clients": ["-XX*"]], ["identities": ["auth/key:edge-*"]], ["identities": ["fleet/dns:*.corp"]],
        ["artifacts": ["app-*"], "peers": ["192.0.2.0/24"]],
      ]
    ])
    let before = peer { ($0.peerID, $0.artifact, $0.infoHash) = (nil, nil, nil) }
    #expect(try gate.judge(.connect, before).reason == "allowed by gate.connect[1], as far as is known yet")
    #expect(try !gate.judge(.connect, peer()).isAllowed, "the handshakes are over: it has proven nothing")
    #expect(try gate.judge(.connect, proving("auth/key:edge-7")).isAllowed)
    let securing = try self.gate(["connect": [["identities": ["fleet/dns:*.corp"]]]])
    var facts = before
    #expect(try !securing.judge(.connect, facts).isAllowed, "a plain link proves no certificate")
    facts.link = .securing
    #expect(try securing.judge(.connect, facts).isAllowed)
  }

  @Test func aDenialOfArtifactsWaitsForTheArtifact() throws {
    let gate = try gate(["connect": [["answer": "deny", "artifacts": ["app-*"]], [:]]])
    #expect(try gate.judge(.connect, peer { ($0.artifact, $0.infoHash) = (nil, nil) }).isAllowed)
    #expect(try gate.judge(.connect, peer { $0.artifact = nil }).isAllowed, "another artifact was named, none of ours")
    #expect(try !gate.judge(.connect, peer()).isAllowed)
  }

  // MARK: Answers

  @Test func whatIsPutOffOrLimitedIsGiven() throws {
    let gate = try gate(["on_request": [["answer": "limit", "rate": "2 MiB/s"]]])
    #expect(try gate.judge(.request, peer()).reason == "limited to 2 MiB/s by gate.on_request[0]")
    let later = try self.gate(["on_request": [["answer": "postpone", "for": "30s", "files": ["readme.txt"]], [:]]])
    #expect(
      try later.judge(.request, peer())
        == .allow("put off in part by gate.on_request[0]", rule: "on_request[0]", place: "$.on_request[0]", scope: .everything))
  }

  @Test func aRuleInShadowDecidesNothingAndIsTold() throws {
    let gate = try gate([
      "on_request": [["answer": "shadow", "files": ["secret/**"], "reason": "soon"], [:]], "connect": [["answer": "shadow"], [:]],
    ])
    let verdict = try gate.judge(.request, peer())
    #expect(verdict.isAllowed && verdict.scope == .everything)
    let shadow = try #require(verdict.shadows.first)
    #expect(shadow.reason == "would be denied by gate.on_request[0]: soon")
    #expect(shadow.isAllowed && shadow.scope != .everything, "a part would be left")
    let decision = Decision(operation: .request, judgements: [Judgement(plugin: "gate", verdict: verdict)])
    #expect(decision.shadowRefusals == [Judgement(plugin: "gate", verdict: shadow)])
    #expect(
      try gate.judge(.connect, peer()).shadows
        == [.deny("would be denied by gate.connect[0]", rule: "connect[0]", place: "$.connect[0]")])
  }

  @Test func aRuleInShadowBehindOneThatDecidesSaysNothing() throws {
    let gate = try gate(["on_request": [[:], ["answer": "shadow"]], "connect": [[:], ["answer": "shadow"]]])
    #expect(try gate.judge(.request, peer()).shadows.isEmpty)
    #expect(try gate.judge(.connect, peer()).shadows.isEmpty)
  }

  // MARK: Settings

  @Test func fieldsOutOfPlaceAreNamed() {
    #expect(
      problems([
        "on_request": [
          ["answer": "limit"], ["answer": "postpone"], ["rate": "1 MiB/s"], ["for": "1s"], ["in-flight": 3], ["prefer": ["10.0.0.0/8"]],
          ["answer": "limit", "rate": "fast"], ["answer": "postpone", "for": "soon"], ["clients": [""]],
        ],
        "connect": [["answer": "postpone", "for": "1s"], ["files": ["a"]]],
        "write_request": [["in-flight": 0], ["prefer": ["x"]]],
      ]) == [
        "$.on_request[0]: on_request[0]: answer: limit wants a rate such as 5 MiB/s",
        "$.on_request[1]: on_request[1]: answer: postpone wants for, when or until: how long requests wait",
        "$.on_request[2].rate: on_request[2].rate is for rules of answer: limit only",
        "$.on_request[3].for: on_request[3].for is for rules of answer: postpone only",
        "$.on_request[4].in-flight: on_request[4].in-flight is for rules of write_request only",
        "$.on_request[5].prefer[0]: on_request[5].prefer is for rules of write_request only",
        "$.on_request[6].rate: on_request[6].rate: expected a rate such as 50 MiB/s, found 'fast'",
        "$.on_request[7].for: on_request[7].for: expected a duration such as 12h (units: s, m, h, d), found 'soon'",
        "$.on_request[8].clients[0]: on_request[8].clients[0]: the pattern is empty",
        "$.connect[0].answer: connect[0].answer: 'postpone' is none of allow, deny, shadow",
        "$.connect[1]: connect[1]: connect is given as a whole: files and pieces have no meaning here",
        "$.write_request[0].in-flight: write_request[0].in-flight: expected 1 to 10000 blocks, found 0",
        "$.write_request[1].prefer[0]: write_request[1].prefer[0]: 'x' is not an address or a network such as 10.20.0.0/16 or fd00::/8",
      ])
  }
}
