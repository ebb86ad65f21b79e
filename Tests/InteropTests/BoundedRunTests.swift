import Foundation
import TestSupport
import Testing

extension Interop {
  /// Runs that end by themselves, as cron starts them.
  @Suite struct BoundedRunTests {
    private struct Report: Decodable {
      struct Artifacts: Decodable {
        let ready: Int
        let verified: Int
        let fetched: Int
        let served: Int
      }

      let schema: String
      let why: String
      let artifacts: Artifacts
      let uploaded: Int
      let downloaded: Int
      let principals: Int
      let refused: Int
      let seconds: Double
      let warnings: [String]
    }

    private struct Runs: Decodable {
      struct Entry: Decodable {
        let why: String?
        let report: Report?
      }

      let schema: String
      let runs: [Entry]
    }

    private func report(_ host: GranaryHost, _ file: String = "report.json") throws -> Report {
      let text = String(decoding: try host.folder.read(file), as: UTF8.self)
      return try GranaryJSON.decode(Report.self, schema: "granary.run/1", from: text)
    }

    /// By a validator that is not ours.
    private static func validate(_ file: String) async throws {
      let check = "import json, jsonschema, sys; jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))"
      let schema = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../config/run-report.schema.json").standardized.path
      _ = try await ProcessRunner("/usr/bin/python3", ["-c", check, file, schema]).output(within: .seconds(60))
    }

    @Test func `a run ends when it has served for its time, says nothing, and its report is in the inventory`() async throws {
      var configuration = GranaryConfiguration()
      configuration.allow = ["127.0.0.2"]
      let host = try GranaryHost(configuration)
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original, "--v1")
      let run = try host.command(["run", "--for", "20s", "--report", host.folder.path("report.json")]).start()
      let node = try await host.attach(run)
      try await expectDownload(node.libtorrent(artifact, from: "127.0.0.2"), equals: original)
      var refused = node.libtorrent(artifact, from: "127.0.0.3")
      refused.limit = .seconds(2)
      #expect(try await refused.run(into: TemporaryDirectory("refused").path).ok == false)
      #expect(await run.exit(within: .seconds(60)) == .code(0))
      #expect(run.output.isEmpty && run.errors.isEmpty, "\(run.output)\(run.errors)")
      try await Self.validate(host.folder.path("report.json"))
      let report = try report(host)
      #expect(report.why == "for" && report.artifacts.ready == 1 && report.artifacts.served == 1 && report.principals == 1, "\(report)")
      #expect(report.uploaded >= artifact.size && report.refused >= 1 && report.seconds >= 20 && report.warnings.isEmpty, "\(report)")
      let runs = try GranaryJSON.decode(Runs.self, schema: "granary.runs/1", from: await host.json("runs"))
      #expect(runs.runs.map(\.why) == ["for"] && runs.runs.first?.report?.uploaded == report.uploaded)
    }

    @Test func `until ready is over when what is in doubt has been verified`() async throws {
      let host = try GranaryHost()
      let original = try Artifacts.file(24 << 20, in: host.folder, named: "data/large.bin")
      let artifact = try await host.publish(original, "--v1")
      // It was gone when it was last looked at, and is back as another file.
      try FileManager.default.moveItem(atPath: original, toPath: original + ".away")
      #expect(try await host.run("verify", artifact.name).exit != .code(0))
      try FileManager.default.moveItem(atPath: original + ".away", toPath: original)
      try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)], ofItemAtPath: original)
      let result = try await host.command(["run", "--until", "ready", "--max-runtime", "60s", "--report", "-"]).run(within: .seconds(90))
      #expect(result.exit == .code(0), "\(result)")
      let report = try GranaryJSON.decode(Report.self, schema: "granary.run/1", from: result.output)
      #expect(report.why == "ready" && report.artifacts.ready == 1 && report.artifacts.verified == 1, "\(report)")
    }

    @Test func `a report replaces a file, and is written into what is none`() async throws {
      let host = try GranaryHost()
      try host.folder.write(Array("an older and much longer report\n".utf8), to: "report.json")
      let report = ["run", "--until", "ready", "--max-runtime", "60s", "--report"]
      #expect(try await host.command(report + [host.folder.path("report.json")]).run(within: .seconds(90)).exit == .code(0))
      #expect(try self.report(host).why == "ready")
      let pipe = host.folder.path("pipe")
      try #require(mkfifo(pipe, 0o600) == 0)
      let reader = try ProcessRunner("cat", [pipe]).start()
      #expect(try await host.command(report + [pipe]).run(within: .seconds(90)).exit == .code(0))
      #expect(await reader.exit(within: .seconds(30)) == .code(0))
      #expect(try GranaryJSON.decode(Report.self, schema: "granary.run/1", from: reader.output).why == "ready")
      let nowhere = try await host.command(report + [host.folder.path("none/report.json")]).run(within: .seconds(90))
      #expect(nowhere.exit == .code(73) && nowhere.errors.contains("the report cannot be written"), "\(nowhere)")
    }

    @Test func `until complete is over when all that the mirror wants is here`() async throws {
      let port = try FreePort.pick()
      var configuration = GranaryConfiguration()
      configuration.extra = ["catalogue: { listen: [{ address: \"127.0.0.1:\(port)\" }], key: catalogue.key, name: depot }"]
      let depot = try GranaryHost(configuration)
      let made = try await ProcessRunner(
        GranaryHost.binary, ["catalogue", "keys", "new", "catalogue.key", "--json"], workingFolder: depot.folder.path
      ).output(within: .seconds(30))
      let key = try JSONDecoder().decode([String: String].self, from: Data(made.utf8))["public_key"] ?? ""
      let original = try depot.make(.singleFile, named: "app-1")
      _ = try await depot.publish(original)
      let node = try await depot.start()
      let replica = try GranaryHost.replica {
        $0.extra = [
          "mirror: [{ catalogue: \"http://127.0.0.1:\(port)/catalogue\", keys: [\"\(key)\"], take: \"app-*\", every: 1s }]",
          "peers: [\"\(node.endpoint())\"]",
        ]
      }
      let options = ["run", "--until", "complete", "--max-runtime", "100s", "--report", "-"]
      let result = try await replica.command(options).run(within: .seconds(150))
      #expect(result.exit == .code(0), "\(result)")
      let report = try GranaryJSON.decode(Report.self, schema: "granary.run/1", from: result.output)
      #expect(report.why == "complete" && report.artifacts.fetched == 1 && report.artifacts.ready == 1, "\(report)")
      try replica.expectFetched(original)
      try await node.terminate()
    }

    @Test func `a second run gives way at once, says nothing where it is told to, or waits`() async throws {
      let host = try GranaryHost()
      let node = try await host.start()
      let second = try await host.command(["run", "--for", "1s"]).run(within: .seconds(60))
      #expect(second.exit == .code(75) && second.errors.contains("in use by process"), "\(second)")
      let quiet = try await host.command(["run", "--for", "1s", "--quiet"]).run(within: .seconds(60))
      #expect(quiet.exit == .code(0) && quiet.output.isEmpty && quiet.errors.isEmpty, "\(quiet)")
      let late = try await host.command(["run", "--for", "1s", "--overlap", "wait:1s"]).run(within: .seconds(60))
      #expect(late.exit == .code(75), "\(late)")
      let waiting = try host.command(["run", "--for", "1s", "--overlap", "wait:100s"]).start()
      #expect(await waiting.exit(within: .milliseconds(600)) == nil)
      try await node.terminate()
      #expect(await waiting.exit(within: .seconds(60)) == .code(0), "\(waiting.errors)")
      for options in [["--until", "done"], ["--for", "soon"], ["--overlap", "replace:1s"], ["--overlap", "skip:1s"]] {
        #expect(try await host.command(["run"] + options).run(within: .seconds(30)).exit == .code(64), "\(options)")
      }
    }
  }
}
