import PluginKit
import Settings
import Testing

/// Plugins as a team would write them, configured from a pipeline in YAML.
struct SettingsSourceTests {
  private struct Quota: Decodable, Sendable {
    let rules: [Placed<Rule>]
    let note: Placed<String>?
  }

  private struct Rule: Decodable, Sendable {
    let peers: [String]
    let pieces: [Int]?
  }

  private func entries(_ pipeline: String) throws -> [PluginEntry] {
    try load("listen: [{address: \"127.0.0.1:0\"}]\npipeline:\n" + pipeline).pipeline
  }

  @Test("An entry gives the plugin its settings, with the places of placed values")
  func placedValues() throws {
    let yaml = "  - other\n  - quota:\n      rules:\n        - peers: [a]\n        - { peers: [b], pieces: [1] }\n      note: x\n"
    let entry = try #require(try entries(yaml).last)
    #expect(entry.name == "quota")
    #expect(entry.place == "n.yaml:4:5")
    let quota = try entry.source.decode(Quota.self)
    #expect(quota.rules.map(\.place) == ["n.yaml:6:11", "n.yaml:7:11"])
    #expect(quota.rules.map(\.value.peers) == [["a"], ["b"]])
    #expect(quota.note?.place == "n.yaml:8:13")
    #expect(entry.source.place == "n.yaml:5:7")
  }

  @Test("Problems of a plugin's settings carry the path from the top of the file")
  func paths() throws {
    let yaml = "  - other\n  - quota:\n      rules:\n        - peers: [a]\n          pieces: {first: 1}\n        - peer: [b]\n"
    let entry = try #require(try entries(yaml).last)
    let error = try #require(throws: SettingsErrors.self) { try entry.source.decode(Quota.self) }
    #expect(
      error.lines.map(\.description) == [
        "n.yaml:7:19: pipeline[1].quota.rules[0].pieces: expected a list, found a mapping",
        "n.yaml:8:11: pipeline[1].quota.rules[1]: the key 'peers' is missing",
        "n.yaml:8:11: pipeline[1].quota.rules[1]: unknown key 'peer'; did you mean 'peers'?",
      ])
  }

  @Test("The pipeline's builder gets a line for each problem")
  func explanation() throws {
    let entry = try #require(try entries("  - quota: { rules: 5, nope: 1 }\n").first)
    let error = try #require(throws: (any Error).self) { try entry.source.decode(Quota.self) }
    let problems = try #require(SettingsErrors.explain(error))
    #expect(
      problems.map(\.description) == [
        "n.yaml:3:21: pipeline[0].quota.rules: expected a list, found the number 5",
        "n.yaml:3:24: pipeline[0].quota: unknown key 'nope'; did you mean 'note'?",
      ])
    #expect(SettingsErrors.explain(SettingsProblem("other")) == nil)
  }

  @Test(
    "An entry that is a bare name, and one whose settings are null, decode as an empty mapping",
    arguments: ["- empty", "- empty:", "- empty: ~"])
  func bareName(yaml: String) throws {
    struct Empty: Decodable, Sendable { let size: Int? }
    let entry = try #require(try entries("  \(yaml)\n").first)
    #expect(entry.name == "empty")
    #expect(try entry.source.decode(Empty.self).size == nil)
    _ = try entry.source.decode(NoSettings.self)
    #expect(entry.source.place == "n.yaml:3:5")
    let error = try #require(throws: SettingsErrors.self) { try entry.source.decode(Quota.self) }
    #expect(error.lines.map(\.description) == ["n.yaml:3:5: pipeline[0].empty: the key 'rules' is missing"])
  }

  @Test("A plugin's settings may be a list")
  func listSettings() throws {
    let entry = try #require(try entries("  - messages: [a, b]\n").first)
    #expect(try entry.source.decode([String].self) == ["a", "b"])
  }

  @Test("A plugin without settings that is given some says so")
  func noSettings() throws {
    let entry = try #require(try entries("  - metadata: { size: 1 }\n").first)
    let error = try #require(throws: SettingsErrors.self) { try entry.source.decode(NoSettings.self) }
    #expect(error.lines.map(\.description) == ["n.yaml:3:17: pipeline[0].metadata: unknown key 'size'"])
  }

  @Test("A place that a plugin names itself is kept")
  func ownPlace() throws {
    struct Listed: Decodable, Sendable {
      init(from decoder: any Decoder) throws { throw SettingsProblem("no such network", place: "allow.txt:7") }
    }
    let entry = try #require(try entries("  - allowlist: { file: allow.txt }\n").first)
    let error = try #require(throws: SettingsErrors.self) { try entry.source.decode(Listed.self) }
    #expect(error.lines.map(\.description) == ["allow.txt:7: pipeline[0].allowlist: no such network"])
  }

  @Test("An entry becomes one of the pipeline's builder, with a source that decodes")
  func pipelineEntry() throws {
    let entry = try #require(try entries("  - messages: [a]\n").first).pipelineEntry
    #expect(entry.name == "messages")
    #expect(entry.place == "n.yaml:3:5")
    #expect(try entry.settings.decode([String].self) == ["a"])
  }
}
