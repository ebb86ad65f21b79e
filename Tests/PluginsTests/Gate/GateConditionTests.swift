import Metainfo
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Plugins

/// Rules for peers that have had little so far.
struct GateConditionTests {
  private func gate(_ settings: LiteralValue) throws -> GatePlugin {
    try GatePlugin(settings: LiteralSettings(settings).decode(GateSettings.self), services: PolicyFixtures.services())
  }

  private func facts(bytes: Int64? = nil, connections: Int? = nil, hasShakenHands: Bool = true) -> PeerFacts {
    var facts = PolicyFixtures.peer(artifact: PolicyFixtures.artifact())
    facts.peerID = hasShakenHands ? PeerID([UInt8](repeating: 7, count: 20)) : nil
    facts.history = bytes == nil && connections == nil ? nil : PeerHistory(bytes: bytes, connections: connections)
    return facts
  }

  private let little: LiteralValue = ["on_request": [["when": ["bytes-below": "10 GiB", "connections-below": 4]]]]

  @Test(
    arguments: [
      (0, 0, true), ((10 << 30) - 1, 3, true), (10 << 30, 0, false), (11 << 30, 0, false), (0, 4, false), (0, 9, false),
    ] as [(Int64, Int, Bool)])
  func aRuleHoldsForWhoHasHadLess(bytes: Int64, connections: Int, isAllowed: Bool) throws {
    let gate = try gate(little)
    #expect(gate.keepsHistory)
    for operation in [Operation.request, .metadata] {
      #expect(try gate.judge(operation, facts(bytes: bytes, connections: connections)).isAllowed == isAllowed)
    }
  }

  @Test func theReasonHasFiguresAndIsNoMissingRule() throws {
    let gate = try gate(little)
    let verdict = try gate.judge(.request, facts(bytes: 11 << 30, connections: 0))
    #expect(
      verdict.reason == "no rule of gate.on_request matches: on_request[0] is for who has had less than 10 GiB, and 10.1.2.3 has had 11 GiB"
    )
    #expect(!verdict.isUnmatched)
    let crowd = try gate.judge(.request, facts(bytes: 0, connections: 4))
    #expect(crowd.reason.hasSuffix("is for who has less than 4 other connections, and 10.1.2.3 has 4"))
  }

  @Test func whatNobodyHasCountedGivesNothing() throws {
    #expect(try !gate(little).judge(.request, facts()).isAllowed)
    #expect(try !gate(little).judge(.request, facts(bytes: 0)).isAllowed)
    let denying: LiteralValue = ["on_request": [["when": ["bytes-below": "1 KiB"], "answer": "deny"], [:]]]
    #expect(try !gate(denying).judge(.request, facts()).isAllowed, "a rule that keeps something back holds then")
    #expect(try !gate(denying).judge(.request, facts(bytes: 0)).isAllowed)
    #expect(try gate(denying).judge(.request, facts(bytes: 1024)).isAllowed)
  }

  @Test func laterRulesDecideForWhoHasHadMore() throws {
    let gate = try gate(["on_request": [["when": ["bytes-below": "1 MiB"]], ["answer": "limit", "rate": "1 MiB/s"]]])
    #expect(try gate.judge(.request, facts(bytes: 0)).rule == "on_request[0]")
    #expect(try gate.judge(.request, facts(bytes: 1 << 20)).rule == "on_request[1]")
  }

  @Test func beforeTheHandshakeNobodysHistoryCounts() throws {
    let gate = try gate(["connect": [["when": ["connections-below": 1]]]])
    #expect(try gate.judge(.connect, facts(connections: 9, hasShakenHands: false)).isAllowed)
    #expect(try !gate.judge(.connect, facts(connections: 9)).isAllowed)
    #expect(try gate.judge(.connect, facts(connections: 0)).isAllowed)
  }

  @Test func hoursAndConditionsAreJoinedByAnd() throws {
    let gate = try gate(["on_request": [["when": ["bytes-below": "1 MiB", "from": "22:00", "to": "23:00"]]]])
    #expect(try gate.judge(.request, facts(bytes: 0)).reason.contains("is outside its hours"))
    var late = facts(bytes: 0)
    late.now = WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + 10 * 3_600_000_000_000)
    #expect(try gate.judge(.request, late).isAllowed)
    late.history = PeerHistory(bytes: 1 << 20, connections: nil)
    #expect(try !gate.judge(.request, late).isAllowed)
  }

  @Test func whatMakesNoSenseIsRefused() throws {
    let problems = #expect(throws: SettingsProblems.self) {
      try gate([
        "on_request": [
          ["when": ["bytes-below": "much"]], ["when": ["connections-below": 0]],
          ["answer": "postpone", "when": ["bytes-below": "1 MiB"]],
        ],
        "message": [["when": ["bytes-below": "1 MiB"]]], "write_request": [["when": ["connections-below": 2]]],
      ])
    }
    #expect(
      problems?.problems.map(\.message) == [
        "on_request[0].when.bytes-below: expected a size such as 500 GiB (units: KiB, MiB, GiB), found 'much'",
        "on_request[1].when.connections-below: expected 1 to 10000, found 0",
        "on_request[2]: answer: postpone wants for, when or until: how long requests wait",
        "message[0].when.bytes-below is for rules of on_request, metadata and connect only",
        "write_request[0].when.connections-below is for rules of on_request, metadata and connect only",
      ])
  }

  @Test func aGateWithoutConditionsCountsNothing() throws {
    let gate = try gate(["on_request": [["when": ["from": "22:00", "to": "23:00"]]]])
    #expect(!gate.keepsHistory)
    #expect(gate.history(of: facts(), isConnected: false) == nil)
  }
}
