import Foundation
import TestSupport
import Testing

extension Interop {
  /// Metrics in a file, as a collector of text files reads them.
  @Suite struct TextfileTests {
    private static let alerts = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../deploy/prometheus").standardized.path

    private func host(_ further: [String] = []) throws -> GranaryHost {
      var configuration = GranaryConfiguration()
      configuration.extra = ["metrics: { textfile: granary.prom }"] + further
      return try GranaryHost(configuration)
    }

    /// The samples of a file by name and labels.
    private func samples(_ host: GranaryHost) throws -> [String: Double] {
      let text = String(decoding: try host.folder.read("granary.prom"), as: UTF8.self)
      let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
      return Dictionary(
        lines.compactMap { line in
          guard let end = line.lastIndex(of: " "), let value = Double(line[end...].dropFirst()) else { return nil }
          return (String(line[..<end]), value)
        }
      ) { $1 }
    }

    private func judge(_ host: GranaryHost) async throws {
      let text = String(decoding: try host.folder.read("granary.prom"), as: UTF8.self)
      let judged = try await PrometheusServer.judge(metrics: text)
      #expect(judged.exit == .code(0) && judged.output.isEmpty && judged.errors.isEmpty, "\(judged)")
      // The collector has these of itself.
      #expect(!text.contains("\nprocess_"))
    }

    @Test func `a run from cron leaves what came of it, also when it fails`() async throws {
      let host = try host()
      _ = try await host.publish(try host.make(.singleFile), "--v1")
      // As a service has it: the file is for others all the same.
      let order = "umask 077; exec \"$0\" run --until ready --config granary.yaml"
      let good = try await ProcessRunner("sh", ["-c", order, GranaryHost.binary], workingFolder: host.folder.path).run(within: .seconds(60))
      #expect(good.exit == .code(0) && good.errors.isEmpty, "\(good)")
      let mode = try FileManager.default.attributesOfItem(atPath: host.folder.path("granary.prom"))[.posixPermissions] as? Int
      #expect(mode == 0o644)
      try await judge(host)
      let first = try samples(host)
      let success = try #require(first["granary_run_last_success_timestamp_seconds{node=\"interop\"}"])
      #expect(abs(success - Date().timeIntervalSince1970) < 600)
      #expect(first["granary_run_success{node=\"interop\"}"] == 1 && first["granary_run_in_progress{node=\"interop\"}"] == 0)
      #expect(first["granary_run_bounded{node=\"interop\"}"] == 1)
      #expect(first["granary_run_end_info{node=\"interop\",why=\"ready\"}"] == 1)
      #expect(first["granary_run_artifacts{node=\"interop\",what=\"ready\"}"] == 1 && first["granary_artifacts{state=\"ready\"}"] == 1)
      // Whether it is ready says nothing once it is over.
      #expect(first["granary_ready"] == nil && first["granary_inventory_up"] == nil)
      // A port that is taken: the run fails once it has its state directory.
      let other = try self.host()
      let node = try await other.start()
      try fail(host, port: node.port)
      let bad = try await host.run("run", "--until", "ready")
      #expect(bad.exit == .code(69), "\(bad)")
      try await judge(host)
      let second = try samples(host)
      #expect(second["granary_run_success{node=\"interop\"}"] == 0)
      #expect(second["granary_run_end_info{node=\"interop\",why=\"failure\"}"] == 1)
      let kept = try #require(second["granary_run_last_success_timestamp_seconds{node=\"interop\"}"])
      // The inventory's word on when that was, and the file's, a moment later.
      #expect(abs(kept - success) < 30)
      // It does not even get that far.
      try host.folder.write(Array("not a database, by far not a database".utf8), to: "state/inventory.sqlite")
      let worse = try await host.run("run", "--until", "ready")
      #expect(worse.exit != .code(0), "\(worse)")
      try await judge(host)
      let third = try samples(host)
      #expect(third["granary_run_success{node=\"interop\"}"] == 0)
      #expect(abs(kept - (third["granary_run_last_success_timestamp_seconds{node=\"interop\"}"] ?? 0)) < 0.001)
      try await node.terminate()
    }

    /// Has the host's node listen where somebody does.
    private func fail(_ host: GranaryHost, port: Int) throws {
      var configuration = GranaryConfiguration()
      configuration.listen = ["127.0.0.1:\(port)"]
      configuration.extra = ["metrics: { textfile: granary.prom }"]
      try host.configure(configuration)
    }

    @Test func `a node that runs writes it at once, and leaves it alone where another holds its place`() async throws {
      let host = try host()
      let node = try await host.start()
      let deadline = ContinuousClock.now + .seconds(60)
      while (try? samples(host)["granary_ready"]) != 1, ContinuousClock.now < deadline { _ = try await host.status() }
      let running = try samples(host)
      #expect(running["granary_ready"] == 1 && running["granary_run_in_progress{node=\"interop\"}"] == 1)
      #expect(running["granary_run_bounded{node=\"interop\"}"] == 0)
      try await judge(host)
      #expect(try await host.run("run", "--until", "ready").exit == .code(75))
      #expect(try samples(host) == running)
      try await node.terminate()
      let over = try samples(host)
      #expect(over["granary_run_end_info{node=\"interop\",why=\"signal\"}"] == 1 && over["granary_run_success{node=\"interop\"}"] == 1)
    }

    @Test func `promtool accepts the sample configuration and the alert rules, and their tests hold`() async throws {
      for arguments in [["check", "config", "--syntax-only", "prometheus.yml"], ["check", "rules", "granary.rules.yml"]] {
        let result = try await ProcessRunner("promtool", arguments, workingFolder: Self.alerts).run(within: .seconds(60))
        #expect(result.exit == .code(0) && !result.output.contains("FAILED"), "\(result)")
      }
      let tested = try await ProcessRunner("promtool", ["test", "rules", "granary.rules.test.yml"], workingFolder: Self.alerts)
        .run(within: .seconds(300))
      #expect(tested.exit == .code(0) && tested.output.contains("SUCCESS"), "\(tested)")
    }

    /// So that no alert waits for a metric that nobody has.
    @Test func `every metric that an alert asks for is one of ours`() async throws {
      let source = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Sources/GranaryNode/Ops/Metrics").standardized
      let files = try FileManager.default.contentsOfDirectory(at: source, includingPropertiesForKeys: nil)
      let text = try files.map { try String(contentsOf: $0, encoding: .utf8) }.joined()
      let rules = try String(contentsOfFile: Self.alerts + "/granary.rules.yml", encoding: .utf8)
      let asked = Set(rules.matches(of: /granary_[a-z_]+/).map { String($0.output) })
      #expect(asked.count > 15)
      for name in asked {
        let known =
          text.contains("\"\(name)\"") || (name.hasPrefix("granary_run_") && text.contains("\"\(name.dropFirst("granary_run_".count))\""))
        #expect(known, "\(name)")
      }
    }
  }
}
