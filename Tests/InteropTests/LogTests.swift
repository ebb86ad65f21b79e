import Foundation
import TestSupport
import Testing

extension Interop {
  /// Lines about what happens, as those read them who keep them.
  @Suite struct LogTests {
    private func lines(_ host: GranaryHost, _ name: String) -> [[String: String]] {
      let text = (try? host.folder.read(name)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      // The last line may be half written.
      return text.split(separator: "\n").compactMap { try? JSONDecoder().decode([String: String].self, from: Data($0.utf8)) }
    }

    private func host(_ log: String) throws -> GranaryHost {
      var configuration = GranaryConfiguration()
      configuration.extra = ["log: { \(log) }"]
      return try GranaryHost(configuration)
    }

    @Test func `logrotate moves the file away, and USR1 has it opened anew`() async throws {
      let host = try host("format: json, file: granary.log")
      let node = try await host.start()
      try await eventually("readiness") { lines(host, "granary.log").contains { $0["event"] == "node.ready" } ? () : nil }
      let settings = """
        \(host.folder.path("granary.log")) {
          rotate 2
          nocompress
          create 0640
          su root root
          postrotate
            kill -USR1 \(node.pid)
          endscript
        }

        """
      let file = try host.folder.write(Array(settings.utf8), to: "rotate.conf")
      chmod(file, 0o644)
      let result = try await ProcessRunner(
        "/usr/sbin/logrotate", ["--force", "--state", host.folder.path("rotate.state"), file]
      ).run(within: .seconds(60))
      #expect(result.exit == .code(0), "\(result)")
      try await eventually("the new file") { lines(host, "granary.log").contains { $0["event"] == "log.reopened" } ? () : nil }
      #expect(lines(host, "granary.log.1").contains { $0["event"] == "node.ready" })
      #expect(!lines(host, "granary.log").contains { $0["event"] == "node.ready" })
      #expect(try await host.run("reload").exit == .code(0))
      try await eventually("what came later") { lines(host, "granary.log").contains { $0["event"] == "configuration.reloaded" } ? () : nil }
      #expect(node.process.errors.isEmpty, "\(node.process.errors)")
      let mode = try FileManager.default.attributesOfItem(atPath: host.folder.path("granary.log"))[.posixPermissions] as? Int
      #expect(mode == 0o640)
      try await node.terminate()
    }

    @Test func `connections are told by their numbers, and a peer forges no line`() async throws {
      let host = try host("format: json, level: debug, file: granary.log")
      let artifact = try await host.publish(try host.make(.singleFile, named: "a\nb \"c\" event=forged"), "--v1")
      let node = try await host.start()
      let peer = try await RawPeer.dial(node.endpoint())
      #expect(try await peer.shakeHands(artifact))
      let joined = try await eventually("a peer") { lines(host, "granary.log").first { $0["event"] == "peer.joined" } }
      struct Peers: Decodable {
        struct Peer: Decodable { let number: UInt64 }
        let peers: [Peer]
      }
      let peers = try GranaryJSON.decode(Peers.self, schema: "granary.peers/1", from: try await host.json("peers"))
      #expect(peers.peers.map { "\($0.number)" } == [joined["connection"]])
      #expect(joined["artifact"] == artifact.name && joined["principal"] == "127.0.0.1")
      await peer.close()
      let left = try await eventually("its end") { lines(host, "granary.log").first { $0["event"] == "peer.left" } }
      #expect(left["connection"] == joined["connection"] && left["reason"] == "the peer closed the connection")
      try await node.terminate()
      let text = String(decoding: try host.folder.read("granary.log"), as: UTF8.self)
      #expect(text.split(separator: "\n").count == lines(host, "granary.log").count, "each line is a document")
      let own = text.split(separator: "\n").compactMap { try? JSONDecoder().decode([String: String].self, from: Data($0.utf8))["event"] }
      #expect(!own.contains("forged") && own.last == "node.stopped")
    }

    @Test func `the journal has priorities, and no times`() async throws {
      let host = try GranaryHost()
      // systemd names the file that standard error is.
      let command = "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec \"$0\" run --config \"$1\""
      let process = try ProcessRunner("/bin/sh", ["-c", command, host.binary, host.folder.path("granary.yaml")]).start()
      let node = try await host.attach(process)
      let line = try await eventually("readiness") { process.errors.split(separator: "\n").first { $0.contains("event=node.ready") } }
      #expect(line.hasPrefix("<5>level=notice event=node.ready msg=ready "), "\(line)")
      try await node.terminate()
    }

    @Test func `a file that cannot be opened stops the start, and a reload that names one changes nothing`() async throws {
      let host = try host("file: nowhere/granary.log")
      let refused = try await host.run("run")
      #expect(refused.exit == .code(73) && refused.errors.contains("nowhere/granary.log: the log cannot be opened"), "\(refused)")
      var configuration = GranaryConfiguration()
      try host.configure(configuration)
      let node = try await host.start()
      configuration.extra = ["log: { file: nowhere/granary.log, level: error }"]
      try host.configure(configuration)
      #expect(try await host.run("reload").exit == .code(73))
      configuration.extra = ["log: { file: granary.log, format: json, level: debug }"]
      try host.configure(configuration)
      #expect(try await host.run("reload").exit == .code(0))
      try await eventually("the new file") { lines(host, "granary.log").contains { $0["event"] == "configuration.reloaded" } ? () : nil }
      try await node.terminate()
    }

    @Test func `a secret that systemd has loaded is found by its bare name`() async throws {
      var configuration = GranaryConfiguration()
      configuration.extra = ["catalogue: { listen: [{ address: \"127.0.0.1:0\" }], key: catalogue.key }"]
      let host = try GranaryHost(configuration)
      try FileManager.default.createDirectory(atPath: host.folder.path("credentials"), withIntermediateDirectories: false)
      let keys = ["catalogue", "keys", "new", host.folder.path("credentials/catalogue.key")]
      try await ProcessRunner(host.binary, keys).output(within: .seconds(60))
      let missed = try await host.run("check")
      #expect(missed.exit != .code(0) && missed.errors.contains("catalogue.key"), "\(missed)")
      var check = host.runner(["check"])
      check.environment["CREDENTIALS_DIRECTORY"] = host.folder.path("credentials")
      let found = try await check.run(within: .seconds(60))
      #expect(found.exit == .code(0), "\(found)")
    }
  }
}
