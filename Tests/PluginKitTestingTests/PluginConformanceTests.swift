import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import PluginKitTesting
import TestSupport
import Testing

struct PluginConformanceTests {
  /// A plugin that takes part in everything and does nothing.
  private static func recorder(_ change: (inout RecordingScript) -> Void = { _ in }) -> PluginConformance {
    var script = RecordingScript()
    script.guards = Set(Operation.allCases)
    script.admit = { _ in .allow("all") }
    script.extendedMessages = [ExtendedMessage(name: "xy_note", maximumSize: 100)]
    script.conversation = ExtendedMessage(name: "xy_words", maximumSize: 100)
    change(&script)
    return PluginConformance(RecordingPlugin.self) { [script] _ in RecordingPlugin(script: script) }
  }

  @Test func everyHookOfTheTableIsCalledAndNothingIsFoundWhereNothingIsWrong() async {
    let report = await Self.recorder().run()
    #expect(report.isConforming, "\(report)")
    #expect(Set(Hook.allCases).subtracting(report.calls.keys).isEmpty)
    #expect(report.answers[.request]?.denied == 0 && (report.answers[.request]?.allowed ?? 0) > 0)
    #expect(report.description.hasPrefix("recording conforms: "))
  }

  @Test func hooksOfAConnectionComeInTheOrderThatIsDocumented() async {
    let log = RecordingLog()
    var conformance = PluginConformance(RecordingPlugin.self) { _ in RecordingPlugin(log: log) }
    conformance.limits.lives = 1
    conformance.world.peers = [ConformanceWorld.peer("[fd00::7]:6881", direction: .outbound)].compactMap { $0 }
    conformance.world.artifacts = [ConformanceWorld.artifact(1, "app")]
    #expect(await conformance.run().isConforming)
    let calls = log.calls.map(\.hook)
    let begin = calls.firstIndex(of: .newConnection) ?? 0
    #expect(
      Array(calls[begin...].prefix(6)) == [.newConnection, .onConnected, .onHandshake, .addHandshake, .sentExtended, .sentHaveAll])
    #expect(calls.count { $0 == .newConnection } == calls.count { $0 == .onDisconnect })
  }

  @Test(arguments: Hook.allCases)
  func aThrowInAnyHookThatCanThrowIsFound(hook: Hook) async {
    struct Broken: Error {}
    var conformance = Self.recorder { $0.acts[hook] = { _ in throw Broken() } }
    conformance.limits.lives = 2
    conformance.world.peers = [ConformanceWorld.peer("[fd00::7]:6881", direction: .outbound)].compactMap { $0 }
    conformance.world.artifacts = [ConformanceWorld.artifact(1, "one-byte", files: [("x", 1)])]
    let report = await conformance.run()
    switch hook {
    // What it never gave it may refuse, and it gave nothing.
    case .loadState: #expect(report.isConforming, "\(report)")
    // The recorder passes over what is thrown where the interface lets nothing be thrown.
    case .onDisconnect, .onUnknownTorrent, .saveState, .sentPayload: #expect(report.isConforming, "\(report)")
    case _ where hook.rawValue.hasPrefix("sent_"): #expect(report.isConforming, "\(report)")
    default: #expect(report.findings.contains { $0.check == .failure && $0.hook == hook }, "\(report)")
    }
  }

  @Test func settingsThatMakeNoSenseAreAFinding() async {
    let report = await PluginConformance(WindowGuard.self, settings: ["open": "often"]).run()
    #expect(report.findings.map(\.check) == [.making])
    #expect(
      report.description == "window: making: expected a plugin, made with its settings; happened: $.open: expected a number, found text")
  }

  @Test func aGuardThatHoldsWhatItPromisesConforms() async {
    let report = await PluginConformance(WindowGuard.self, settings: ["open": 6]).run()
    #expect(report.isConforming, "\(report)")
    #expect(report.answers[.request].map { $0.allowed > 0 && $0.denied > 0 } == true)
  }
}

/// Open for so many hours from noon of 2026-11-23.
struct WindowGuard: Plugin {
  struct Settings: Decodable, Sendable {
    let open: Int
    private enum CodingKeys: CodingKey { case open }
  }

  static let name = "window"
  static let hooks: [Hook] = [.judge]
  let guards: Set<Operation> = [.request]
  private let end: WallTime

  init(settings: Settings, services: PluginServices) throws {
    end = WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + Int64(settings.open) * 3_600_000_000_000)
  }

  func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict {
    facts.now < end ? .allow("it is open", validUntil: end) : .deny("it is closed", rule: "open")
  }
}
