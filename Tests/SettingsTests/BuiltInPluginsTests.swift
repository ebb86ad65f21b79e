import PluginKit
import Plugins
import Settings
import TestSupport
import Testing

/// The built-in plugins, configured through YAML as a node does it.
struct BuiltInPluginsTests {
  private func build(_ settings: NodeSettings) -> Result<Pipeline, PipelineProblems> {
    let services = PolicyFixtures.services(folder: settings.folder, documents: YAMLDocuments())
    let builder = PipelineBuilder(
      registry: PluginRegistry(Plugins.builtIns), services: { _ in services }, explain: SettingsErrors.explain)
    return builder.build(settings.pipeline.map(\.pipelineEntry), generation: 1)
  }

  private func problems(_ settings: NodeSettings) -> [String] {
    guard case .failure(let found) = build(settings) else { return [] }
    return found.problems.map(\.description)
  }

  @Test("Each sample makes a pipeline", arguments: ["tiny.yaml", "granary.yaml", "office-hours.yaml", "quota.yaml", "policy.yaml"])
  func samples(name: String) throws {
    let settings = try NodeSettings.load(path: configFolder + "/" + name, environment: SettingsEnvironment())
    let pipeline = try build(settings).get()
    #expect(pipeline.plugins.map(\.name) == settings.pipeline.map(\.name))
    #expect(pipeline.isGuarded || !settings.listensBeyondLoopback)
    #expect(pipeline.plugins.flatMap(\.plugin.warnings).isEmpty)
  }

  @Test("All problems of several plugins' settings are told at once, each with its place")
  func allProblems() throws {
    let settings = try load(
      """
      listen: [{ address: "127.0.0.1:0" }]
      pipeline:
        - gate:
            on_requests: []
            on_request:
              - { answer: 5, pieces: { a: b }, peeers: [x] }
              - { pieces: [1, 0-9, [3], 1.5], when: { days: mon } }
        - allowlist: { addresses: [{ adress: x }, 1.2.3.4, { address: a, until: 5 }] }
        - metadata: { size: 1 }
        - quota: [{ byte: 1 GiB }, { bytes: 1 GB, window: 1d }, { per: peer, blocks: 0, window: 2y }, { rate: 1 MiB/s, window: 1d }, {}]
        - quota: { principals: [10.0.0.1/8, "spiffe://a/b"], bytes: 1 GiB, window: [1] }
      """)
    #expect(
      problems(settings) == [
        "n.yaml:4:7: pipeline[0].gate: unknown key 'on_requests'; did you mean 'on_request'?",
        "n.yaml:6:21: pipeline[0].gate.on_request[0].answer: expected a text, found the number 5; for a text write \"5\"",
        "n.yaml:6:32: pipeline[0].gate.on_request[0].pieces: expected a list, found a mapping",
        "n.yaml:6:42: pipeline[0].gate.on_request[0]: unknown key 'peeers'; did you mean 'peers'?",
        "n.yaml:7:30: pipeline[0].gate.on_request[1].pieces[2]: expected a text, found a list",
        "n.yaml:7:35: pipeline[0].gate.on_request[1].pieces[3]: expected a text, found the number 1.5; for a text write \"1.5\"",
        "n.yaml:7:55: pipeline[0].gate.on_request[1].when.days: expected a list, found 'mon'",
        "n.yaml:8:30: pipeline[1].allowlist.addresses[0]: the key 'address' is missing",
        "n.yaml:8:32: pipeline[1].allowlist.addresses[0]: unknown key 'adress'; did you mean 'address'?",
        "n.yaml:8:75: pipeline[1].allowlist.addresses[2].until: expected a text, found the number 5; for a text write \"5\"",
        "n.yaml:9:17: pipeline[2].metadata: unknown key 'size'",
        "n.yaml:10:15: pipeline[3].quota[0]: unknown key 'byte'; did you mean 'bytes'?",
        "n.yaml:11:78: pipeline[4].quota.window: expected a text, found a list",
      ])
  }
}
