import PluginKit
import TestSupport
import Testing

struct PipelineBuilderTests {
  /// Wants a number, and takes none above nine.
  private struct Picky: Plugin {
    struct Settings: Decodable, Sendable {
      let number: Placed<Int>
      private enum CodingKeys: CodingKey { case number }
    }

    static let name = "picky"

    init(settings: Settings, services: PluginServices) throws {
      guard settings.number.value <= 9 else { throw SettingsProblem("number is above 9", place: settings.number.place) }
      guard settings.number.value >= 0 else { throw SettingsProblems([SettingsProblem("number is below 0"), SettingsProblem("and odd")]) }
    }
  }

  private func build(_ entries: (String, LiteralValue)...) -> Result<Pipeline, PipelineProblems> {
    let builder = PipelineBuilder(
      registry: PluginRegistry([RecordingPlugin.self, Picky.self]), services: { _ in PolicyFixtures.services() },
      explain: { error in (error as? LiteralProblem).map { [PipelineProblem(place: $0.place, message: $0.message)] } })
    let entries = entries.enumerated().map { index, entry in
      PipelineEntry(name: entry.0, place: "node.yaml:\(index + 1):5", settings: LiteralSettings(entry.1))
    }
    return builder.build(entries, generation: 3)
  }

  private func problems(_ result: Result<Pipeline, PipelineProblems>) -> [String] {
    guard case .failure(let found) = result else { return [] }
    return found.problems.map(\.description)
  }

  @Test func pluginsStandInTheOrderOfTheirEntries() throws {
    let pipeline = try build(("picky", ["number": 1]), ("recording", nil), ("picky", ["number": 2])).get()
    #expect(pipeline.plugins.map(\.name) == ["picky", "recording", "picky"])
    #expect(pipeline.plugins.map(\.place) == ["node.yaml:1:5", "node.yaml:2:5", "node.yaml:3:5"])
    #expect(pipeline.generation == 3)
  }

  @Test func everyProblemOfEveryEntryIsReported() {
    let result = build(
      ("nobody", nil), ("picky", ["number": 10]), ("picky", ["number": "x"]), ("picky", ["numbre": 1]), ("picky", ["number": -1]),
      ("picky", ["number": 5]))
    #expect(
      problems(result) == [
        "node.yaml:1:5: pipeline[0]: no plugin is called 'nobody'; there are: recording, picky",
        "$.number: pipeline[1].picky: number is above 9",
        "$.number: expected a number, found text",
        "$: unknown key 'numbre'",
        "$: pipeline[4].picky: number is below 0",
        "$: pipeline[4].picky: and odd",
      ])
  }

  @Test func pluginWithoutSettingsRefusesKeys() {
    #expect(problems(build(("recording", ["number": 1]))) == ["$: unknown key 'number'"])
  }

  @Test func registryKnowsItsPluginsAndNamesThatAreTakenTwice() {
    let registry = PluginRegistry([RecordingPlugin.self, Picky.self, RecordingPlugin.self])
    #expect(registry.entries.map(\.name) == ["recording", "picky", "recording"])
    #expect(registry.entry(named: "recording")?.hooks == Hook.allCases)
    #expect(registry.duplicates == ["recording"])
  }
}
