import Foundation
import TestSupport
import Testing

extension Interop {
  /// The sample program of `config/` says who may have what.
  @Suite struct ExternalTests {
    private static let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("config/external/policy.py")

    private struct Depot {
      let host: GranaryHost
      let open: GranaryArtifact
      let original: String
      let secret: GranaryArtifact
    }

    private func depot(
      settings: String = "deadline: 2s",
      _ rules: String = #"[{"artifacts": "open-*", "reason": "for all"}, {"verdict": "deny", "reason": "the keepers' own"}]"#
    ) async throws -> Depot {
      let host = try GranaryHost()
      try host.folder.write(try Data(contentsOf: Self.sample), to: "policy.py")
      try #require(chmod(host.folder.path("policy.py"), 0o755) == 0)
      try host.folder.write(Array(rules.utf8), to: "rules.json")
      var configuration = GranaryConfiguration()
      configuration.guards = ["external: { command: policy.py, arguments: [\"\(host.folder.path("rules.json"))\"], \(settings) }"]
      try host.configure(configuration)
      let original = try host.make(.singleFile, named: "open-1.0")
      let secret = try host.make(.singleFile, named: "secret-1.0", seed: 2)
      return Depot(
        host: host, open: try await host.publish(original), original: original, secret: try await host.publish(secret))
    }

    /// The process that the node has started.
    private func child(of node: GranaryProcess, other than: String? = nil) async throws -> String {
      let deadline = ContinuousClock.now + .seconds(20)
      while ContinuousClock.now < deadline {
        for pid in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(pid) != nil && pid != than {
          guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let name = text.lastIndex(of: ")") else {
            continue
          }
          let fields = text[name...].split(separator: " ")
          if fields.count > 2, fields[1] != "Z", fields[2] == "\(node.pid)" { return pid }
        }
        await Task.yield()
      }
      throw ProcessFailure("the node has started nothing: \(node.process.errors)")
    }

    private func isGone(_ pid: String) async -> Bool {
      let deadline = ContinuousClock.now + .seconds(30)
      while ContinuousClock.now < deadline {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), !text.contains(") Z ") else { return true }
        await Task.yield()
      }
      return false
    }

    /// A peer that is let in. The program may need longer to get ready than an answer may take.
    private func admitted(_ node: GranaryProcess, _ artifact: GranaryArtifact, from address: String) async throws -> RawPeer {
      let deadline = ContinuousClock.now + .seconds(30)
      while ContinuousClock.now < deadline {
        let peer = try await RawPeer.dial(node.endpoint(), from: address)
        if try await peer.shakeHands(artifact) { return peer }
        await peer.close()
        try await Task.sleep(for: .milliseconds(100))
      }
      throw ProcessFailure("\(address) is not let in: \(node.process.errors)")
    }

    @Test func `libtorrent gets what the program allows, and not what it denies, and we say why`() async throws {
      let depot = try await depot()
      let node = try await depot.host.start()
      try await expectDownload(node.libtorrent(depot.open), equals: depot.original)

      var download = node.libtorrent(depot.secret, from: "127.0.0.3")
      download.limit = .seconds(10)
      let folder = try TemporaryDirectory("download")
      let session = try #require(try await download.run(into: folder.path).sessions?.first)
      #expect(!session.finished && session.payload == 0 && session.disconnects >= 1)
      let row = try #require(try await depot.host.refusals(of: "127.0.0.3").first { $0.plugin == "external" })
      #expect((row.rule, row.reason) == ("rules[1]", "the keepers' own"))
      #expect(row.place?.contains("granary.yaml:") == true)

      let why = try await depot.host.why("127.0.0.3", depot.secret.name)
      #expect((why.verdict, why.plugin, why.reason) == ("deny", "external", "the keepers' own"))
      #expect(try await depot.host.why("127.0.0.3", depot.open.name).verdict == "allow")
      try await node.terminate()
    }

    @Test func `a program that grants one file of three has one file given`() async throws {
      let depot = try await depot(#"[{"artifacts": "parts", "files": ["open.bin"]}]"#)
      let original = try depot.host.make(.parts)
      let artifact = try await depot.host.publish(original, "--hybrid", "--piece-length", "65536")
      let node = try await depot.host.start()
      var download = node.libtorrent(artifact)
      download.options = ["--only", "*/open.bin"]
      let folder = try TemporaryDirectory("download")
      let report = try await download.run(into: folder.path)
      try #require(report.ok, "\(report)")
      let differences = try TreeComparison.differences(expected: original, actual: folder.path("parts"))
      #expect(differences == ["missing: note.txt", "missing: secret.bin"])
      try await node.terminate()
    }

    @Test func `the program goes with a node that is killed, and with one that is told to stop`() async throws {
      let depot = try await depot()
      var node = try await depot.host.start()
      let first = try await child(of: node)
      node.process.send(SIGKILL)
      #expect(await isGone(first))
      node = try await depot.host.start()
      let second = try await child(of: node)
      try await node.terminate()
      #expect(await isGone(second))
    }

    @Test func `a program that is killed costs those that are there nothing, and is there again for the next`() async throws {
      let depot = try await depot()
      let node = try await depot.host.start()
      let staying = try await admitted(node, depot.open, from: "127.0.0.4")
      #expect(try await staying.canDownload(piece: 0))
      let first = try await child(of: node)
      kill(try #require(pid_t(first)), SIGKILL)
      #expect(try await staying.gets(piece: 1))
      _ = try await child(of: node, other: first)
      let next = try await admitted(node, depot.open, from: "127.0.0.5")
      let ends = try await depot.host.journal().filter { $0.operation == "plugin" }
      #expect(ends.contains { $0.reason?.contains("was ended by signal 9") == true }, "\(ends)")
      for peer in [staying, next] { await peer.close() }
      try await node.terminate()
    }

    @Test func `a program that hangs denies those that come, costs those that are there nothing, and is started again`() async throws {
      let depot = try await depot(settings: "deadline: 300ms")
      let node = try await depot.host.start()
      let staying = try await admitted(node, depot.open, from: "127.0.0.7")
      #expect(try await staying.canDownload(piece: 0))
      kill(try #require(pid_t(try await child(of: node))), SIGSTOP)
      let denied = try await RawPeer.dial(node.endpoint(), from: "127.0.0.8")
      #expect(try await !denied.shakeHands(depot.open))
      #expect(try await depot.host.refusals(of: "127.0.0.8").contains { $0.reason == "the program has not answered within 300 ms" })
      for piece in 1...5 { #expect(try await staying.gets(piece: piece)) }
      let next = try await admitted(node, depot.open, from: "127.0.0.9")
      await next.close()
      #expect(try await staying.gets(piece: 6))
      #expect(try await depot.host.journal().contains { $0.operation == "plugin" && $0.reason?.contains("hangs") == true })
      await staying.close()
      try await node.terminate()
    }

    @Test func `a reload asks the new program about those that are there`() async throws {
      let depot = try await depot()
      let node = try await depot.host.start()
      let peer = try await admitted(node, depot.open, from: "127.0.0.6")
      #expect(try await peer.canDownload(piece: 0))
      let first = try await child(of: node)
      node.process.send(SIGHUP)
      _ = try await child(of: node, other: first)
      #expect(await isGone(first))
      #expect(try await peer.gets(piece: 1))

      try depot.host.folder.write(Array(#"[{"verdict": "deny", "reason": "no more"}]"#.utf8), to: "rules.json")
      node.process.send(SIGHUP)
      #expect(try await peer.isHungUp())
      #expect(try await depot.host.refusals(of: "127.0.0.6").contains { $0.reason == "no more" })
      try await node.terminate()
    }

    @Test func `a program that others can write to stops the start`() async throws {
      let depot = try await depot()
      try #require(chmod(depot.host.folder.path("policy.py"), 0o777) == 0)
      let result = try await depot.host.run("check")
      #expect(result.exit == .code(78))
      #expect(
        result.errors.contains("pipeline[1].external: command: others can write to \(depot.host.folder.path("policy.py"))"), "\(result)")
      #expect(result.errors.contains("granary.yaml:"))
    }
  }
}
