import Foundation
import TestSupport
import Testing

extension Interop {
  /// The sample of a package of somebody else's: its node, with its configuration.
  @Suite struct PluginSampleTests {
    private static let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("config/plugin-sample")

    /// The sample's configuration as it is shipped, on a port that is free.
    private func host() throws -> GranaryHost {
      let binary = URL(fileURLWithPath: GranaryHost.binary).deletingLastPathComponent().appendingPathComponent("rollout-node").path
      let host = try GranaryHost(binary: binary)
      let yaml = try String(contentsOf: Self.sample.appendingPathComponent("granary.yaml"), encoding: .utf8)
      #expect(yaml.contains("127.0.0.1:6881"))
      try host.folder.write(Array(yaml.replacing("127.0.0.1:6881", with: "127.0.0.1:0").utf8), to: "granary.yaml")
      return host
    }

    @Test func `a plugin of a team's own says what stock clients get, and why`() async throws {
      let host = try host()
      #expect(try await host.command(["plugins"]).output(within: .seconds(30)).contains("rollout"))
      let open = try host.make(.singleFile, named: "app-1.0")
      let (one, held) = (
        try await host.publish(open, "--label", "rollout=careful"),
        try await host.publish(try host.make(.singleFile, named: "app-2.0", seed: 2), "--label", "rollout=held")
      )
      let node = try await host.start()
      // The last stage of the careful plan is long past: everybody has it.
      try await expectDownload(node.libtorrent(one), equals: open)
      var refused = node.libtorrent(held)
      // Time enough for dozens of whole downloads of this size.
      refused.limit = .seconds(10)
      let folder = try TemporaryDirectory("download")
      let session = try #require(try await refused.run(into: folder.path).sessions?.first)
      #expect(!session.finished && session.payload == 0 && session.disconnects >= 1)

      let why = try await host.why("127.0.0.2", held.name)
      #expect((why.verdict, why.plugin) == ("deny", "rollout"))
      #expect(why.reason.hasPrefix("0% of the machines have it since 2025-12-01T00:00:00Z"))
      #expect(why.place?.contains("granary.yaml:20:") == true)
      let row = try #require(try await host.refusals(of: "127.0.0.2").first)
      #expect((row.plugin, row.rule, row.verdict) == ("rollout", "plans.held[0]", "deny"))
      // The test bench has it at once.
      try await expectDownload(node.libtorrent(held, from: "127.0.9.7"), equals: host.folder.path("data/app-2.0"))
      try await node.terminate()
    }

    @Test func `mistakes in its settings have their line`() async throws {
      let host = try host()
      let yaml = String(decoding: try host.folder.read("granary.yaml"), as: UTF8.self)
      try host.folder.write(Array(yaml.replacing("percent: 0", with: "percent: 120").utf8), to: "granary.yaml")
      let result = try await host.run("check")
      #expect(result.exit == .code(78))
      #expect(result.errors.contains("granary.yaml:20:") && result.errors.contains("percent is 0 to 100"), "\(result)")
    }
  }
}
