import Foundation
import TestSupport
import Testing

extension Interop {
  /// The node under a service manager, which the test is: what it is told, what it hands over, and how it ends.
  @Suite struct ServiceTests {
    private static func lines(_ datagram: String) -> [String] { datagram.split(separator: "\n").map(String.init) }

    private func isReady(_ datagram: String) -> Bool { Self.lines(datagram).contains("READY=1") }

    @Test func `the manager is told of readiness, of peers, and of the end`() async throws {
      var host = try GranaryHost()
      let manager = try NotifySocket(host.folder.path("notify"))
      host.nodeEnvironment["NOTIFY_SOCKET"] = manager.name
      let artifact = try await host.publish(try host.make(.singleFile), "--v1")
      let node = try await host.start()
      let ready = try await manager.wait(for: "READY", isReady)
      #expect(ready == ["READY=1\nSTATUS=1 artifact in service, 0 peers\n"])
      let peer = try await RawPeer.dial(node.endpoint())
      #expect(try await peer.shakeHands(artifact))
      _ = try await manager.wait(for: "a peer") { $0 == "STATUS=1 artifact in service, 1 peer\n" }
      await peer.close()
      _ = try await manager.wait(for: "no peer") { $0 == "STATUS=1 artifact in service, 0 peers\n" }
      try await node.terminate()
      let end = try #require(try await manager.wait(for: "STOPPING") { $0.hasPrefix("STOPPING=1\n") }.last)
      #expect(end.contains("STATUS=") && end.contains("EXTEND_TIMEOUT_USEC="), "\(end)")
    }

    @Test func `a reload is told with its moment, and readiness after it whatever came of it`() async throws {
      var host = try GranaryHost()
      let manager = try NotifySocket("@granary-test-\(UUID().uuidString)")
      host.nodeEnvironment["NOTIFY_SOCKET"] = manager.name
      let node = try await host.start()
      _ = try await manager.wait(for: "READY", isReady)
      let before = try await Self.monotonic()
      node.process.send(SIGHUP)
      let reload = try await manager.wait(for: "READY after the reload", isReady)
      let after = try await Self.monotonic()
      let first = Self.lines(try #require(reload.first { $0.hasPrefix("RELOADING=1\n") }))
      let moment = try #require(first.first { $0.hasPrefix("MONOTONIC_USEC=") }.flatMap { UInt64($0.dropFirst(15)) })
      #expect(before <= moment && moment <= after)

      try host.folder.write(Array("listen: nowhere\n".utf8), to: "granary.yaml")
      node.process.send(SIGHUP)
      let refused = try await manager.wait(for: "READY after a reload that failed", isReady)
      #expect(refused.contains { $0.hasPrefix("RELOADING=1\n") })
      #expect(refused.last?.contains("STATUS=the new configuration changes nothing: ") == true, "\(refused)")
      #expect(refused.last?.contains("granary.yaml:1:9") == true, "\(refused)")
      // The command is told alike.
      try host.configure(.init())
      #expect(try await host.run("reload").exit == .code(0))
      let again = try await manager.wait(for: "READY after the command", isReady)
      #expect(again.contains { $0.hasPrefix("RELOADING=1\n") } && again.last?.contains("changes nothing") == false, "\(again)")
      try await node.terminate()
    }

    private static func monotonic() async throws -> UInt64 {
      let code = "import time; print(time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000)"
      let text = try await ProcessRunner("/usr/bin/python3", ["-c", code]).output(within: .seconds(60))
      return try #require(UInt64(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    @Test func `the watchdog is told that all goes on`() async throws {
      var host = try GranaryHost()
      let manager = try NotifySocket(host.folder.path("notify"))
      host.nodeEnvironment.merge(["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "1000000"]) { $1 }
      let node = try await host.start()
      for _ in 0..<5 { _ = try await manager.wait(for: "WATCHDOG") { $0 == "WATCHDOG=1\n" } }
      try await node.terminate()
    }

    @Test(
      arguments: [
        ["NOTIFY_SOCKET": "notify"], ["WATCHDOG_USEC": "soon"], ["JOURNAL_STREAM": "here"],
      ])
    func `an environment that makes no sense stops the start`(variables: [String: String]) async throws {
      let host = try GranaryHost()
      var runner = host.runner(["run"])
      runner.environment = variables
      let result = try await runner.run(within: .seconds(60))
      #expect(result.exit == .code(78) && result.errors.contains("the environment's \(variables.keys.first ?? "")"), "\(result)")
    }

    @Test func `the manager is told who takes the place of a node`() async throws {
      var host = try GranaryHost()
      let (manager, other) = (try NotifySocket(host.folder.path("notify")), try NotifySocket(host.folder.path("other")))
      host.nodeEnvironment["NOTIFY_SOCKET"] = manager.name
      let node = try await host.start()
      _ = try await manager.wait(for: "READY", isReady)
      var heir = host.runner(["run", "--overlap", "replace"])
      heir.environment["NOTIFY_SOCKET"] = other.name
      let process = try heir.start()
      let told = try await manager.wait(for: "MAINPID") { $0 == "MAINPID=\(process.pid)\n" }
      #expect(!told.contains { $0.contains("STOPPING=1") }, "the service goes on")
      _ = try await other.wait(for: "READY of the heir", isReady)
      #expect(await node.process.exit(within: .seconds(60)) == .code(0))
      try await process.terminate()
    }

    // MARK: Sockets

    private func activated(_ host: GranaryHost, _ address: String) -> ProcessRunner {
      let command = [host.binary, "run", "--config", host.folder.path("granary.yaml")]
      return ProcessRunner("systemd-socket-activate", ["--listen=\(address)", "--fdname=peers"] + command, workingFolder: host.folder.path)
    }

    @Test func `a socket that the manager opened is listened on, and a stock client that started the node by connecting is served`()
      async throws
    {
      var configuration = GranaryConfiguration()
      let port = try FreePort.pick()
      configuration.listen = ["127.0.0.1:\(port)", "127.0.0.1:0"]
      let host = try GranaryHost(configuration)
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original, "--v1")
      let process = try activated(host, "127.0.0.1:\(port)").start()
      try await eventually("a socket") { process.errors.contains("Listening on") ? () : nil }
      // The first connection has the node started, and is taken by it.
      let peer = try await RawPeer.dial("127.0.0.1:\(port)")
      #expect(try await peer.shakeHands(artifact), "\(process.errors)")
      let node = try await host.attach(process)
      #expect(node.status.listeners.map(\.port).contains(Int(port)) && node.status.listeners.count == 2)
      try await expectDownload(
        Download(client: .libtorrent, source: .torrent(artifact.torrent), address: "127.0.0.2", peers: ["127.0.0.1:\(port)"]),
        equals: original)
      // The descriptor is nobody's whom the node starts: O_CLOEXEC.
      let info = try String(contentsOfFile: "/proc/\(node.pid)/fdinfo/3", encoding: .utf8)
      let flags = try #require(info.firstMatch(of: /flags:\s+([0-7]+)/).flatMap { Int($0.1, radix: 8) })
      #expect(flags & Int(O_CLOEXEC) != 0)
      try await node.terminate()
    }

    @Test func `a socket that no entry of listen is about stops the start`() async throws {
      let host = try GranaryHost()
      let port = try FreePort.pick()
      var configuration = GranaryConfiguration()
      configuration.listen = ["127.0.0.2:\(port)"]
      try host.configure(configuration)
      let process = try activated(host, "127.0.0.1:\(port)").start()
      try await eventually("a socket") { process.errors.contains("Listening on") ? () : nil }
      let peer = try await RawPeer.dial("127.0.0.1:\(port)")
      #expect(await process.exit(within: .seconds(60)) == .code(78))
      #expect(
        process.errors.contains("opened a socket ('peers') on 127.0.0.1:\(port), and no entry of listen has this address"),
        "\(process.errors)")
      await peer.close()
    }

    // MARK: The end

    /// Takes announces and says who has announced what, a line each.
    private static let tracker = """
      import http.server, urllib.parse
      class Tracker(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
          event = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query).get("event", ["none"])[0]
          print(event, flush=True)
          body = b"d8:intervali1800e5:peers0:e"
          self.send_response(200)
          self.send_header("Content-Length", str(len(body)))
          self.end_headers()
          self.wfile.write(body)
        def log_message(self, *rest): pass
      server = http.server.HTTPServer(("127.0.0.1", 0), Tracker)
      print(server.server_port, flush=True)
      server.serve_forever()
      """

    /// A node that drains for as long as it may: a peer has asked for much and takes nothing. It has announced its artifact.
    private func draining(_ body: (GranaryProcess, RunningProcess) async throws -> Void) async throws {
      let tracker = try ProcessRunner("/usr/bin/python3", ["-c", Self.tracker]).start()
      let port = try await eventually("the tracker's port") { tracker.output.split(separator: "\n").first.map(String.init) }
      var configuration = GranaryConfiguration()
      configuration.extra = ["trackers: [\"http://127.0.0.1:\(port)/announce\"]"]
      var host = try GranaryHost(configuration)
      let manager = try NotifySocket(host.folder.path("notify"))
      host.nodeEnvironment["NOTIFY_SOCKET"] = manager.name
      let path = try Artifacts.file(64 << 20, in: host.folder, named: "data/large.bin")
      let artifact = try await host.publish(path, "--v1", "--piece-length", "1MiB")
      let node = try await host.start()
      try await eventually("an announce") { tracker.output.contains("started") ? () : nil }
      let peer = try await RawPeer.dial(node.endpoint())
      #expect(try await peer.shakeHands(artifact))
      #expect(try await peer.canDownload(piece: 0))
      try await peer.setReading(false)
      for piece in 1..<31 {
        for block in 0..<16 { await peer.send(id: PeerBytes.ID.request, PeerBytes.block(piece, block * 16_384, 16_384)) }
      }
      // Some of it is queued in the node: more than kernels hold.
      try await eventually("requests that wait") { try await host.status().uploaded > 1 << 20 ? () : nil }
      node.process.send(SIGTERM)
      _ = try await manager.wait(for: "STOPPING") { $0.hasPrefix("STOPPING=1\n") }
      try await body(node, tracker)
      await peer.close()
      await tracker.kill()
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a second signal during the drain ends it at once, and the inventory is whole`(signal: Int32) async throws {
      try await draining { node, tracker in
        // Until it is later than what would pass for the same signal.
        while !node.process.errors.contains("event=node.hurried") {
          node.process.send(signal)
          if await node.process.exit(within: .milliseconds(50)) != nil { break }
        }
        #expect(await node.process.exit(within: .seconds(60)) == .code(0), "\(node.process.errors)")
        #expect(node.process.errors.contains("event=node.hurried"), "\(node.process.errors)")
        #expect(!tracker.output.contains("stopped"), "no farewell")
        let host = node.host
        #expect(try await host.run("journal", "verify").exit == .code(0))
        let check = try await ProcessRunner(
          "/usr/bin/python3",
          [
            "-c", "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('pragma integrity_check').fetchone()[0])",
            host.folder.path("state/inventory.sqlite"),
          ]
        ).output(within: .seconds(60))
        #expect(check == "ok\n")
        // The run has an end, and the next one needs nobody.
        #expect(try await host.json("runs").contains("\"why\":\"signal\""))
        let again = try await host.start()
        #expect(again.status.artifacts == 1)
        try await again.terminate()
      }
    }

    @Test func `one signal lets the drain have its time, and trackers are told`() async throws {
      try await draining { node, tracker in
        #expect(await node.process.exit(within: .seconds(60)) == .code(0))
        #expect(tracker.output.contains("stopped"))
        #expect(!node.process.errors.contains("event=node.hurried"))
      }
    }

    @Test func `HUP, USR1 and PIPE end nobody, whenever they come`() async throws {
      let host = try GranaryHost()
      let process = try host.runner(["run", "--splay", "1s"]).start()
      try await eventually("signals that are ignored") { try Self.ignores(process.pid, SIGUSR1) ? () : nil }
      process.send(SIGUSR1)
      process.send(SIGPIPE)
      let node = try await host.attach(process)
      for signal in [SIGHUP, SIGUSR1, SIGPIPE] { node.process.send(signal) }
      #expect(try await host.status().ready)
      try await node.terminate()
    }

    /// Whether the process has told the kernel to ignore the signal, or has blocked or caught it.
    private static func ignores(_ pid: Int32, _ signal: Int32) throws -> Bool {
      let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
      let line = status.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }
      let mask = line.flatMap { UInt64($0.split(separator: "\t").last ?? "", radix: 16) } ?? 0
      return mask & (1 << UInt64(signal - 1)) != 0
    }
  }
}
