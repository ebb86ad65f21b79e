import PluginKit
import Plugins
import Settings
import TestSupport

/// A configuration: YAML to typed settings, and the built-in plugins' settings to a pipeline, with policy asked once.
struct SettingsTarget: FuzzTarget {
  static let name = "settings"
  static let maximumLength = 64 << 10

  private let builder = PipelineBuilder(
    registry: PluginRegistry(Plugins.builtIns), services: { _ in PolicyFixtures.services() }, explain: SettingsErrors.explain)
  private let facts = PolicyFixtures.peer(artifact: PolicyFixtures.artifact())

  func run(_ input: [UInt8]) throws {
    let settings: NodeSettings
    do {
      settings = try NodeSettings.load(bytes: input, file: "f.yaml", environment: SettingsEnvironment())
    } catch {
      return try check(error)
    }
    for entry in settings.pipeline { _ = try? entry.source.decode([String: [String]].self) }
    switch builder.build(settings.pipeline.map(\.pipelineEntry), generation: 1) {
    case .success(let pipeline):
      try promise(pipeline.plugins.count == settings.pipeline.count, "a plugin is missing")
      _ = pipeline.decide(.connect, facts)
      _ = pipeline.grant(facts)
    case .failure(let problems):
      try promise(!problems.problems.isEmpty, "refused without a problem")
    }
  }

  private func check(_ errors: SettingsErrors) throws {
    try promise(!errors.lines.isEmpty, "refused without a line")
    for line in errors.lines {
      try promise(
        line.place.hasPrefix("f.yaml") && !line.message.isEmpty && !line.description.contains("\n"),
        "a line without place or message, or that is more than one: \(line)")
    }
  }

  func seeds() throws -> [[UInt8]] { Self.texts.map { Array($0.utf8) } }

  private static let texts = [
    "listen: [{ address: \"127.0.0.1:0\" }]\n",
    """
    node: { name: depot-01, state: ./state }
    listen:
      - address: 127.0.0.1:6881
      - address: "[::1]:6891"
    artifacts:
      roots: [/srv/artifacts, data]
    limits:
      upload: 1 GiB/s
      connections: 100
    trackers: ["http://t.example/announce"]
    origins: [t.example]
    peers: [{ address: "10.0.0.1:1", artifacts: [a*] }]
    open: true
    pipeline:
      - allowlist:
          addresses: [127.0.0.0/8, { address: 10.20.0.0/16, until: "2027-01-01T00:00:00Z", reason: r, by: b }]
      - gate:
          on_request:
            - { answer: deny, peers: [10.1.0.0/16], reason: no }
            - artifacts: ["app-*"]
              labels: { team: core }
              files: ["docs/**", "*.txt"]
              pieces: [0-9, 12]
              when: { days: [mon, tue], from: "08:00", to: "18:00", zone: Europe/Berlin }
      - metadata
    """,
    "listen: [{ address: \"127.0.0.1:0\" }]\npipeline:\n  - metadata: {}\n  - gate: { on_request: [{}] }\n",
    "# only a comment\n", "a: &x 1\nb: *x\n", "? [a]\n: |\n  text\n  more\n", "--- >-\n  folded\n...\n", "%YAML 1.1\n---\n!!int \"1\"\n",
  ]
}
