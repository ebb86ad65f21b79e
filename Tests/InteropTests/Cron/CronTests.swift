import Foundation
import TestSupport
import Testing

extension Interop {
  /// The files of deploy/cron, under Debian's cron.
  @Suite(.enabled("nothing may be mounted here") { MountNamespace.isPermitted }) struct CronTests {
    private static let isSoak = ProcessInfo.processInfo.environment["GRANARY_SOAK"] == "1"
    /// For so long a download lasts at least, at the rate that its client asks for: more than one run does.
    private static let seconds = isSoak ? 1750 : 130
    private static let rate = 64 << 10

    private struct Runs: Decodable {
      struct Entry: Decodable {
        struct Report: Decodable { let uploaded: Int }
        let why: String?
        let report: Report?
      }
      let runs: [Entry]
    }

    /// A sample, the host that its runs are of, and what is downloaded from it.
    private struct Stage {
      let sample: CronSample
      let host: GranaryHost
      let port: UInt16
      let original: String
      let artifact: GranaryArtifact
      let program: String

      init(_ sample: CronSample) async throws {
        self.sample = sample
        port = try FreePort.pick()
        var configuration = GranaryConfiguration()
        configuration.listen = ["127.0.0.1:\(port)"]
        host = try GranaryHost(configuration)
        original = try Artifacts.file(seconds * rate, in: host.folder, named: "data/\(sample.name).bin")
        artifact = try await host.publish(original, "--v1")
        // What cron starts, and how it ended.
        let script =
          "#!/bin/sh\n'\(GranaryHost.binary)' \"$@\"; code=$?\n[ \"$1\" = run ] && echo $code >> '\(host.folder.path("codes"))'\nexit $code\n"
        program = try host.folder.write(Array(script.utf8), to: "granary")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
      }

      /// Of runs that have ended, by themselves or at TERM.
      func codes() throws -> [String] {
        String(decoding: try host.folder.read("codes"), as: UTF8.self).split(separator: "\n").map(String.init)
      }

      func download(into folder: String) async throws -> ClientReport {
        var download = Download(client: .libtorrent, source: .torrent(artifact.torrent), address: "127.0.0.2", peers: ["127.0.0.1:\(port)"])
        download.options = ["--rate", String(rate), "--insist"]
        // One minute until cron's first, and one between two runs at most.
        download.limit = .seconds(seconds * 2 + 240)
        let report = try await download.run(into: folder)
        try expectComplete(report, download, in: folder, equals: original)
        return report
      }
    }

    @Test func `a client downloads without a break while cron runs a node each minute, and nobody gets mail but of an error`() async throws
    {
      var stages: [Stage] = []
      for sample in CronSample.all { stages.append(try await Stage(sample)) }
      var jobs: [String: String] = [:]
      for stage in stages { jobs[stage.sample.name] = try stage.sample.text(stage.host, program: stage.program) }
      let broken = try GranaryHost()
      try broken.folder.write(Array("listen: []\nlisten_to: 1\n".utf8), to: "granary.yaml")
      jobs["broken"] = try CronSample.all[0].text(broken, program: GranaryHost.binary).replacing("MAILTO=root", with: "MAILTO=on-call")

      let cron = try await CronDaemon(jobs)
      try await withThrowingTaskGroup { group in
        for stage in stages {
          group.addTask {
            let folder = try TemporaryDirectory("download")
            _ = try await stage.download(into: folder.path)
          }
        }
        try await group.waitForAll()
      }
      #expect(cron.exit == nil)
      let mails = try cron.mails()
      try await cron.end(GranaryHost.binary)
      for stage in stages { try await expectRuns(stage) }
      expectMails(mails, broken)
      await cron.kill()
    }

    private func expectRuns(_ stage: Stage) async throws {
      let text = try await stage.host.json("runs", "--limit", "1000")
      let runs = try GranaryJSON.decode(Runs.self, schema: "granary.runs/1", from: text).runs
      // The last one may have ended by our TERM.
      #expect(runs.count >= 2 && runs.dropFirst().allSatisfy { $0.why == stage.sample.end }, "\(stage.sample): \(text)")
      #expect([stage.sample.end, "signal"].contains(runs.first?.why), "\(stage.sample): \(text)")
      #expect(runs.reduce(0) { $0 + ($1.report?.uploaded ?? 0) } >= stage.artifact.size, "\(stage.sample)")
      #expect(runs.count(where: { ($0.report?.uploaded ?? 0) > 0 }) >= 2, "one run has served everything: \(text)")
      let codes = try stage.codes()
      // One that still waited for another was ended by TERM itself.
      #expect(Set(codes).isSubset(of: stage.sample.isSkipping ? ["0"] : ["0", "143"]), "\(stage.sample): \(codes)")
      // Those that left have no row.
      if stage.sample.isSkipping { #expect(codes.count > runs.count, "\(stage.sample): \(codes), \(text)") }
      try await expectReports(stage, text)
      // What the sample's other line asks each morning.
      let judge = CronSample.folder + "/runs-of-a-day.jq"
      let wrong = try await ProcessRunner("jq", ["-r", "-f", judge, stage.host.folder.path("runs.json")]).output()
      #expect(wrong.isEmpty, "\(wrong)")
    }

    /// By a validator that is not ours: of every run, and the file of the last one.
    private func expectReports(_ stage: Stage, _ runs: String) async throws {
      let file = try stage.host.folder.write(Array(runs.utf8), to: "runs.json")
      let check = """
        import json, jsonschema, sys
        schema, runs, last = (json.load(open(name)) for name in sys.argv[1:])
        for report in [run["report"] for run in runs["runs"]] + [last]: jsonschema.validate(report, schema)
        """
      let schema = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../config/run-report.schema.json").standardized.path
      let arguments = ["-c", check, schema, file, stage.host.folder.path("last-run.json")]
      _ = try await ProcessRunner("/usr/bin/python3", arguments).output(within: .seconds(60))
    }

    /// The broken configuration is mailed of, each minute, and nothing else is.
    private func expectMails(_ mails: [String], _ broken: GranaryHost) {
      let (expected, others) = (mails.filter { $0.contains("\nTo: on-call\n") }, mails.filter { !$0.contains("\nTo: on-call\n") })
      #expect(others.isEmpty, "\(others)")
      #expect(expected.contains { $0.contains("\(broken.folder.path("granary.yaml")):2:1: unknown key 'listen_to'") }, "\(mails)")
    }
  }
}
