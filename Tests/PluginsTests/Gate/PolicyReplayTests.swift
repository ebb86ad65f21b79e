import Foundation
import Metainfo
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Plugins

/// Recorded facts, asked again.
struct PolicyReplayTests {
  private let artifacts = ["app-1.0", "lib-2.0", "tools"].enumerated().map { index, name in
    ArtifactFacts(
      id: Int64(index), infoHash: PolicyFixtures.infoHash(UInt8(index + 1)), name: name,
      labels: ["channel": index == 0 ? "stable" : "beta"],
      isPrivate: true, layout: PolicyFixtures.layout(["a/x": 40, "b/y": 24]))
  }

  private func pipeline(_ allowlist: LiteralValue, _ gate: LiteralValue) throws -> Pipeline {
    let services = PolicyFixtures.services()
    return try Pipeline(
      plugins: [
        InstalledPlugin(
          name: "allowlist",
          plugin: try AllowlistPlugin(settings: LiteralSettings(allowlist).decode(AllowlistSettings.self), services: services),
          place: "a:1:1"),
        InstalledPlugin(
          name: "gate", plugin: try GatePlugin(settings: LiteralSettings(gate).decode(GateSettings.self), services: services),
          place: "a:2:1"),
      ], generation: 1)
  }

  private func randomPipeline(_ generator: inout SeededGenerator) throws -> Pipeline {
    let networks = ["10.0.0.0/8", "10.1.0.0/16", "192.0.2.0/24", "10.2.3.4"]
    let identities = ["fleet/dns:*.corp", "auth/key:edge-*", "fleet/spiffe://corp/edge/*"]
    func some(_ texts: [String]) -> LiteralValue { .list(texts.filter { _ in Bool.random(using: &generator) }.map { .text($0) }) }
    func rule() -> LiteralValue {
      var rule: [String: LiteralValue] = ["answer": Bool.random(using: &generator) ? "allow" : "deny"]
      if Bool.random(using: &generator) { rule["peers"] = some(networks) }
      if Int.random(in: 0..<3, using: &generator) == 0 { rule["identities"] = some(identities) }
      if Bool.random(using: &generator) { rule["artifacts"] = some(["app-*", "label:channel=beta", "tools"]) }
      if Int.random(in: 0..<3, using: &generator) == 0 { rule["files"] = some(["a/**", "b/*"]) }
      if Int.random(in: 0..<3, using: &generator) == 0 { rule["when"] = ["from": "08:00", "to": "13:00"] }
      if Int.random(in: 0..<3, using: &generator) == 0 { rule["when"] = ["bytes-below": "1 MiB", "connections-below": 3] }
      if Int.random(in: 0..<4, using: &generator) == 0 { rule["clients"] = ["-LT*"] }
      if Int.random(in: 0..<4, using: &generator) == 0 { rule["until"] = "2026-11-23T12:30:00Z" }
      return .mapping(rule)
    }
    var allowlist: [String: LiteralValue] = ["addresses": some(networks + ["0.0.0.0/0"])]
    if Int.random(in: 0..<3, using: &generator) == 0 { allowlist["identities"] = some(identities) }
    return try pipeline(
      .mapping(allowlist), ["on_request": .list((0..<Int.random(in: 0...4, using: &generator)).map { _ in rule() })])
  }

  private func randomFacts(_ generator: inout SeededGenerator) -> PeerFacts {
    let address = ["10.1.2.3", "10.2.3.4", "10.9.9.9", "192.0.2.7", "172.16.0.1"].randomElement(using: &generator) ?? "10.1.2.3"
    let artifact = Bool.random(using: &generator) ? artifacts.randomElement(using: &generator) : nil
    var facts = PolicyFixtures.peer(address, artifact: artifact)
    facts.now = WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + Int64.random(in: 0..<7200, using: &generator) * 1_000_000_000)
    if artifact != nil || Bool.random(using: &generator) {
      facts.peerID = PeerID(Array((Bool.random(using: &generator) ? "-LT2080-" : "-XX0001-").utf8) + [UInt8](repeating: 7, count: 12))
    }
    let identities = [
      Identity(trust: "fleet", name: "dns:build-1.corp"), Identity(trust: "auth", name: "key:edge-7"),
      Identity(trust: "fleet", name: "spiffe://corp/edge/7"),
    ]
    facts.identities = identities.filter { _ in Bool.random(using: &generator) }
    if Int.random(in: 0..<4, using: &generator) > 0 {
      facts.history = PeerHistory(
        bytes: [nil, 0, 1 << 20, 5 << 20].randomElement(using: &generator) ?? nil,
        connections: [nil, 0, 2, 3, 9].randomElement(using: &generator) ?? nil)
    }
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: facts.link = .securing
    case 1:
      facts.link = .tls(
        CertificateFacts(trust: "fleet", subject: "CN=x", serial: "1", issuers: [], validUntil: facts.now, exporter: [1, 2, 3]))
    default: break
    }
    return facts
  }

  private func record(_ facts: PeerFacts, _ operation: PluginKit.Operation) throws -> RecordedFacts {
    try JSONDecoder().decode(RecordedFacts.self, from: Data(RecordedFacts(facts, operation).json.utf8))
  }

  @Test(arguments: 0..<150 as Range<UInt64>)
  func recordedFactsUnderTheSamePolicyGiveTheRecordedVerdicts(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let pipeline = try randomPipeline(&generator)
    for _ in 0..<20 {
      let facts = randomFacts(&generator)
      for operation in PluginKit.Operation.allCases {
        let then = pipeline.decide(operation, facts)
        let isAllowed =
          operation == .connect
          ? then.isAllowed && (facts.artifact == nil || !pipeline.grant(facts).isEmpty)
          : then.isAllowed && !(operation == .request && then.scope.isEmpty)
        let again = try #require(pipeline.repeated(try record(facts, operation), artifact: facts.artifact))
        #expect(again.isAllowed == isAllowed)
        if let refusal = then.refusal { #expect(again.judgement == refusal) }
      }
    }
  }

  @Test func whatIsNotRecordedIsNotAsked() throws {
    let pipeline = try pipeline(["addresses": ["10.0.0.0/8"]], ["on_request": [[:]]])
    var facts = PolicyFixtures.peer(artifact: artifacts[0])
    #expect(pipeline.repeated(try record(facts, .request), artifact: nil) == nil, "the artifact is gone")
    facts.capability = Capability(
      issuer: "release", id: "t1", artifacts: [(0..<400).map { "app-\($0)" }], operations: [.request], files: [], validUntil: facts.now)
    #expect(pipeline.repeated(try record(facts, .request), artifact: artifacts[0]) == nil, "what the token allowed had no room")
  }
}
