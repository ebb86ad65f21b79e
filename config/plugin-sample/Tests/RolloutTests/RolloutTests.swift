import PluginKit
import PluginKitTesting
import Testing

@testable import Rollout

struct RolloutTests {
  private static let settings: LiteralSettings = [
    "plans": [
      "careful": [
        ["from": "2026-11-23T08:00:00Z", "percent": 10], ["from": "2026-11-24T08:00:00Z", "percent": 60],
        ["from": "2026-11-25T08:00:00Z", "percent": 100],
      ],
      "held": [["from": "2026-01-01T00:00:00Z", "percent": 0]],
      "later": [["from": "2026-12-01T00:00:00Z", "percent": 100]],
    ],
    "first": ["10.9.0.0/16"],
  ]

  private static let artifacts = [
    ConformanceWorld.artifact(1, "app-2.0", labels: ["rollout": "careful"]),
    ConformanceWorld.artifact(2, "app-3.0", labels: ["rollout": "held"]),
    ConformanceWorld.artifact(3, "app-4.0", labels: ["rollout": "later"]),
    ConformanceWorld.artifact(4, "app-5.0", labels: ["rollout": "unheard-of"]), ConformanceWorld.artifact(5, "app-1.0"),
  ]

  private static var world: ConformanceWorld {
    let fleet = (0..<30).compactMap { ConformanceWorld.peer("10.1.0.\($0):6881") }
    return ConformanceWorld(artifacts: artifacts, peers: fleet + [ConformanceWorld.peer("10.9.1.1:6881")].compactMap { $0 })
  }

  /// Everything that the host wants of a plugin: that answers are the same for the same facts, hold as long as they say, have reasons, …
  @Test func conforms() async {
    var conformance = PluginConformance(RolloutPlugin.self, settings: Self.settings)
    conformance.world = Self.world
    let report = await conformance.run()
    #expect(report.isConforming, "\(report)")
    #expect(report.answers[.request].map { $0.allowed > 0 && $0.denied > 0 } == true)
  }

  /// How many of 1,000 machines may have an artifact at a moment.
  private func share(_ artifact: Int, _ seconds: Int64) throws -> Int {
    let conformance = try plugin(Self.settings)
    return try (0..<1000).count { number in
      guard var facts = ConformanceWorld.peer("10.1.\(number / 250).\(number % 250):6881") else { return false }
      (facts.artifact, facts.now) = (Self.artifacts[artifact], WallTime(nanoseconds: seconds * 1_000_000_000))
      return try conformance.judge(.request, facts).isAllowed
    }
  }

  private func plugin(_ settings: LiteralSettings) throws -> RolloutPlugin {
    try RolloutPlugin(settings: settings.decode(RolloutSettings.self), services: .forTests())
  }

  @Test func aShareOfTheMachinesHasItAndThenMore() throws {
    let start: Int64 = 1_795_420_800
    #expect(try share(0, start - 1) == 0)
    #expect(try (60...140).contains(share(0, start)))
    #expect(try (540...660).contains(share(0, start + 86_400)))
    #expect(try share(0, start + 2 * 86_400) == 1000)
    #expect(try share(1, start) == 0)
    #expect(try share(4, start) == 1000)
  }

  @Test func problemsHaveTheirPlaces() {
    func problems(_ settings: LiteralSettings) -> [String] {
      do {
        _ = try plugin(settings)
        return []
      } catch let problems as SettingsProblems {
        return problems.problems.map(\.description)
      } catch {
        return ["\(error)"]
      }
    }
    #expect(problems([:]) == ["$: 'plans' is missing"])
    #expect(problems(["plans": [:]]) == ["$.plans: there is no plan"])
    #expect(
      problems([
        "plans": [
          "a": [["from": "soon", "percent": 101]],
          "b": [["from": "2027-01-01T00:00:00Z", "percent": 50], ["from": "2026-01-01T00:00:00Z", "percent": 60]],
        ],
        "first": ["10.1.2.3/16"],
      ]) == [
        "$.plans.a[0].from: 'soon' is not a moment such as 2027-01-31T08:00:00Z", "$.plans.a[0].percent: percent is 0 to 100",
        "$.plans.b[1]: stages follow each other in time, and none has less than the one before",
        "$.first[0]: '10.1.2.3/16' is not a network such as 10.1.0.0/16",
      ])
    #expect(
      problems(["plans": ["a": [["from": "2027-01-01T00:00:00Z", "percent": 1, "till": 1]]]]) == ["$.plans.a[0]: unknown key 'till'"])
  }
}
