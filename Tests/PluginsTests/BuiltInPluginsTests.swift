import PluginKit
import Plugins
import TestSupport
import Testing

struct BuiltInPluginsTests {
  private let registry = PluginRegistry(Plugins.builtIns)

  @Test func builtInsAreListedByTheirNames() {
    #expect(
      registry.entries.map(\.name) == ["allowlist", "auth", "exchange", "external", "gate", "messages", "metadata", "quota"])
    #expect(registry.duplicates.isEmpty)
  }

  @Test func eachSaysWhatItDoesAndWhichHooksItAnswers() {
    for entry in registry.entries {
      #expect(!entry.summary.isEmpty)
      #expect(!entry.hooks.isEmpty)
    }
  }

  @Test func theyMakeAPipelineTogether() throws {
    let builder = PipelineBuilder(
      registry: registry, services: { _ in PolicyFixtures.services() }, explain: { _ in nil })
    let entries: [(String, LiteralValue)] = [
      ("allowlist", ["addresses": ["10.0.0.0/8"]]), ("gate", ["on_request": [["artifacts": ["app-*"]]]]), ("metadata", nil),
    ]
    let pipeline = try builder.build(
      entries.map { PipelineEntry(name: $0.0, place: "here", settings: LiteralSettings($0.1)) }, generation: 1
    ).get()
    #expect(pipeline.guards(of: .connect).map(\.name) == ["allowlist"])
    #expect(pipeline.guards(of: .request).map(\.name) == ["gate"])
    #expect(pipeline.guards(of: .metadata).map(\.name) == ["gate"])
    #expect(pipeline.messages.ids["ut_metadata"] == 1)
    let grant = pipeline.grant(PolicyFixtures.peer(artifact: PolicyFixtures.artifact()))
    #expect(grant.scope == .everything)
    #expect(grant.metadata.isAllowed)
  }
}
