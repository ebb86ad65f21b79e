import PluginKit
import PluginKitTesting
import TestSupport
import Testing

@testable import Plugins

/// Every built-in plugin, through the suite that other teams run theirs through.
struct BuiltInConformanceTests {
  /// Peers and artifacts that the settings below know, and others.
  private static let world = ConformanceWorld(
    artifacts: ConformanceWorld.artifacts + [
      ConformanceWorld.artifact(9, "parts", labels: ["channel": "beta"], files: [("open.bin", 70_000), ("secret.bin", 70_000)])
    ])

  private static func conformance(_ name: String) throws -> PluginConformance {
    var conformance =
      switch name {
      case "allowlist":
        PluginConformance(
          AllowlistPlugin.self, settings: ["addresses": ["10.0.0.0/8", "::1"], "identities": ["fleet/spiffe://corp/*", "partners/dns:*"]])
      case "auth":
        PluginConformance(AuthPlugin.self, settings: ["keys": "keys.yaml", "requires": "none", "exempt": ["fleet/spiffe://corp/*"]])
      case "exchange": PluginConformance(ExchangePlugin.self)
      case "external": external()
      case "gate": PluginConformance(GatePlugin.self, settings: gate)
      case "messages": PluginConformance(MessagesPlugin.self, settings: messages)
      case "metadata": PluginConformance(MetadataPlugin.self)
      case "quota": PluginConformance(QuotaPlugin.self, settings: LiteralSettings(quota))
      default: throw SettingsProblem("nobody has written settings for \(name)")
      }
    conformance.world = world
    conformance.folder = "/etc"
    conformance.documents = LiteralDocuments([
      "/etc/keys.yaml": ["keys": [["id": "fleet-1", "secret": .text(AuthRig.secret)]]],
      "/etc/notice.key": ["own": ["id": "ops", "private": .text(HexText.text(MessagesRig.seed))]],
    ])
    return conformance
  }

  private static let gate: LiteralSettings = [
    "on_request": [
      ["artifacts": ["parts"], "files": ["open.bin"]],
      ["artifacts": ["app-*"], "when": ["from": "08:00", "to": "18:00", "zone": "Europe/Berlin"]],
      ["peers": ["10.0.0.0/8"], "answer": "postpone", "for": "2s"], [:],
    ],
    "write_request": [["in-flight": 4], [:]],
    "announce": [["identities": ["fleet/spiffe://corp/*", "partners/dns:*"]]],
    "connect": [["peers": ["10.0.0.0/8"]], ["identities": ["fleet/spiffe://corp/*", "partners/dns:*"]]],
  ]

  private static let quota: LiteralValue = [
    ["principals": ["10.0.0.0/8"], "bytes": "1 MiB", "window": "1d"], ["artifacts": ["app-*"], "rate": "1 MiB/s"],
  ]

  private static let messages: LiteralSettings = [
    "custom": [
      [
        "name": "corp_hello", "send": ["handshake", ["interval": "5m"], ["event": "finished"]], "body": ["v": 1, "node": "${node.name}"],
        "from": ["10.0.0.0/8"], "max-size": "2 KiB", "reply": ["v": 1], "store": ["node"],
      ]
    ],
    "notices": ["key": "notice.key", "trusted": [.text(MessagesRig.publicKey)]], "have": ["from": ["10.0.0.0/8"]],
  ]

  private static func external() -> PluginConformance {
    let program = ScriptedProgram(answering: #""verdict":"allow","reason":"a friend""#)
    return PluginConformance(ExternalPlugin.self) { services in
      var services = services
      services.children = program
      return try ExternalPlugin(settings: LiteralSettings(["command": "policy.py"]).decode(ExternalSettings.self), services: services)
    }
  }

  @Test(arguments: Plugins.builtIns.map { $0.name })
  func builtInPluginsConform(name: String) async throws {
    let report = await (try Self.conformance(name)).run()
    #expect(report.isConforming, "\(report)")
    let guards = Operation.allCases.filter { report.answers[$0] != nil }
    let isGuard = !["exchange", "messages", "metadata"].contains(name)
    #expect(guards.isEmpty != isGuard)
    #expect(isGuard || (report.calls[.newConnection] ?? 0) > 0)
  }
}
