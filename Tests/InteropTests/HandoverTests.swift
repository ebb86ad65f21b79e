import Foundation
import TestSupport
import Testing

extension Interop {
  /// `run --overlap replace`: a run takes the place of the one that serves.
  @Suite struct HandoverTests {
    private struct Load: Decodable {
      let ok: Bool
      let right: Int
      let wrong: Int
      let connects: Int
      /// Links that ended under a client.
      let losses: Int
      let refused: [String]
    }

    private struct Runs: Decodable {
      struct Report: Decodable {
        let uploaded: Int
      }

      struct Entry: Decodable {
        let why: String?
        let report: Report?
      }

      let runs: [Entry]
    }

    private static let size = 4 << 20

    /// The run that takes the place, once it answers in place of the other.
    private func replace(_ host: GranaryHost, _ former: RunningProcess) async throws -> RunningProcess {
      let heir = try host.command(["run", "--overlap", "replace"]).start()
      _ = try await takingOver(host, heir)
      let exit = await former.exit(within: .seconds(60))
      #expect(exit == .code(0), "\(former.errors)")
      return heir
    }

    /// The node once it is this process that answers.
    private func takingOver(_ host: GranaryHost, _ heir: RunningProcess) async throws -> GranaryProcess {
      let deadline = ContinuousClock.now + .seconds(100)
      while ContinuousClock.now < deadline {
        let node = try await host.attach(heir)
        if node.pid == heir.pid { return node }
      }
      throw ProcessFailure("another process still answers in place of \(heir.pid): \(heir.errors)")
    }

    @Test func `a hundred downloads go on while ten runs take each other's place, and nobody who connects is refused`() async throws {
      var configuration = GranaryConfiguration()
      configuration.allow = ["127.60.0.0/24"]
      configuration.extra = ["tracker: { listen: [{ address: \"127.0.0.1:\(try FreePort.pick())\", protocol: http }] }"]
      let host = try GranaryHost(configuration)
      let original = try Artifacts.file(Self.size, in: host.folder, named: "data/release.bin")
      let artifact = try await host.publish(original)
      let node = try await host.start()
      var current = node.process
      let done = host.folder.path("done")
      let digest = try await ProcessRunner("sha256sum", [original]).output(within: .seconds(30)).prefix(64)
      let clients = URL(fileURLWithPath: #filePath).appendingPathComponent("../Clients/handover_load.py").standardized.path
      let load = try ProcessRunner(
        "/usr/bin/python3",
        [
          clients, "--torrent", artifact.torrent, "--to", try TemporaryDirectory("load").path, "--peer", node.endpoint(),
          "--sha256", String(digest), "--until", done, "--rate", "\(Self.size)", "--timeout", "240",
        ]
      ).start()
      for _ in 0..<10 { current = try await replace(host, current) }
      try host.folder.write([], to: "done")
      #expect(await load.exit(within: .seconds(300)) == .code(0), "\(load.output) \(load.errors)")
      let report = try JSONDecoder().decode(Load.self, from: Data(load.output.utf8))
      #expect(report.ok && report.right >= 100 && report.wrong == 0 && report.refused.isEmpty, "\(report)")
      #expect(report.losses >= 10 && report.connects >= 100, "nobody was under way: \(report)")
      try await current.terminate()
      try await expectAccounts(host, downloads: report.right)
    }

    /// Nothing that went out is missing from the books, and the journal is one chain.
    private func expectAccounts(_ host: GranaryHost, downloads: Int) async throws {
      let runs = try GranaryJSON.decode(Runs.self, schema: "granary.runs/1", from: await host.json("runs")).runs
      #expect(runs.map(\.why) == ["signal"] + [String](repeating: "replaced", count: 10))
      #expect(runs.reduce(0) { $0 + ($1.report?.uploaded ?? 0) } >= downloads * Self.size)
      let verified = try await host.run("journal", "verify")
      #expect(verified.exit == .code(0), "\(verified)")
    }

    @Test func `what cannot start leaves the other where it is`() async throws {
      let host = try GranaryHost()
      let node = try await host.start()
      let good = try host.folder.read("granary.yaml")
      try host.folder.write(good + Array("surprise: 1\n".utf8), to: "granary.yaml")
      let broken = try await host.run("run", "--overlap", "replace")
      #expect(broken.exit == .code(78), "\(broken)")
      try host.folder.write(good, to: "granary.yaml")
      #expect(try await host.status().pid == node.pid)
      try await node.terminate()
      // Where there is nobody, it is a run like any other.
      let alone = try await host.run("run", "--overlap", "replace", "--until", "ready")
      #expect(alone.exit == .code(0), "\(alone)")
    }

    /// Asks for the place as a run does, and goes once it is met.
    private static let faithless = """
      import json, socket, sys
      control, place = sys.argv[1:]
      waiting, asking = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
      waiting.bind(place)
      waiting.listen(1)
      asking.connect(control)
      body = json.dumps({"socket": place}).encode()
      asking.sendall(b"POST /v1/handover HTTP/1.1\\r\\nHost: granary\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
      waiting.accept()[0].close()
      """

    @Test func `where the heir is gone before it has the place, the node ends as one that failed, and nothing is lost`() async throws {
      let host = try GranaryHost()
      let original = try Artifacts.file(1 << 20, in: host.folder, named: "data/release.bin")
      let artifact = try await host.publish(original)
      let node = try await host.start()
      try await expectDownload(node.libtorrent(artifact), equals: original)
      let (control, place) = (host.folder.path("state/control.sock"), host.folder.path("heir.sock"))
      _ = try await ProcessRunner("/usr/bin/python3", ["-c", Self.faithless, control, place]).output(within: .seconds(60))
      #expect(await node.process.exit(within: .seconds(60)) == .code(69), "\(node.process.errors)")
      let runs = try GranaryJSON.decode(Runs.self, schema: "granary.runs/1", from: await host.json("runs")).runs
      #expect(runs.first?.why?.hasPrefix("the run that was to take this one's place is gone") == true, "\(runs)")
      #expect(runs.first?.report?.uploaded ?? 0 >= artifact.size)
      #expect(try await host.run("journal", "verify").exit == .code(0))
      try await host.start().terminate()
    }

    /// Either of both is killed at some moment of it; what runs next is ready without a person.
    @Test(arguments: [10, 60, 120, 250])
    func `a run that is killed while it takes a place, or gives it, leaves a state that the next one starts from`(delay: Int) async throws {
      let host = try GranaryHost()
      let original = try Artifacts.file(1 << 20, in: host.folder, named: "data/release.bin")
      let artifact = try await host.publish(original)
      var current = try await host.start().process
      for victim in ["heir", "former"] {
        let heir = try host.command(["run", "--overlap", "replace"]).start()
        _ = await heir.exit(within: .milliseconds(delay))
        await (victim == "heir" ? heir : current).kill()
        // An heir that lives goes on by itself.
        let next = victim == "heir" ? try host.command(["run", "--overlap", "replace"]).start() : heir
        let node = try await takingOver(host, next)
        try await expectDownload(node.libtorrent(artifact), equals: original)
        for process in [heir, current] where process !== next { #expect(await process.exit(within: .seconds(60)) != nil) }
        current = next
      }
      try await current.terminate()
      let left = try FileManager.default.contentsOfDirectory(atPath: host.folder.path("state")).filter { $0.hasPrefix("heir-") }
      #expect(left.isEmpty)
    }
  }
}
