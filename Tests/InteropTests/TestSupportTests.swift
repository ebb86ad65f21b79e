import Foundation
import TestSupport
import Testing

extension Interop {
  /// What the other tests stand on: a comparison that cannot fail would make them worthless.
  @Suite struct Foundations {
    @Test func `a process's exit code, output and errors are told apart`() async throws {
      let result = try await ProcessRunner("sh", ["-c", "echo out; echo err >&2; exit 7"]).run()
      #expect(result.exit == .code(7))
      #expect(result.output == "out\n")
      #expect(result.errors == "err\n")
    }

    @Test func `a megabyte on both outputs does not block the process`() async throws {
      let script = "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2"
      let result = try await ProcessRunner("sh", ["-c", script]).run()
      #expect(result.exit == .code(0))
      #expect(result.output.utf8.count == 1_000_000)
      #expect(result.errors.utf8.count == 1_000_000)
    }

    @Test func `a process past its deadline is killed with its children`() async throws {
      let folder = try TemporaryDirectory("deadline")
      let runner = ProcessRunner("sh", ["-c", "cat pipe & echo $! > child; wait"], workingFolder: folder.path)
      try await ProcessRunner("mkfifo", [folder.path("pipe")]).output()
      let result = try await runner.run(within: .seconds(3))
      #expect(result.exit == nil)
      let child = try String(decoding: folder.read("child"), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      let deadline = ContinuousClock.now + .seconds(30)
      while !Self.isGone(pid: child), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
      #expect(Self.isGone(pid: child))
    }

    @Test func `a program that is not there is told`() async throws {
      #expect(try await ProcessRunner("no-such-program", []).run().exit == .code(127))
    }

    @Test func `a process killed by a signal says which`() async throws {
      let process = try ProcessRunner("sh", ["-c", "kill -9 $$"]).start()
      #expect(await process.exit(within: .seconds(10)) == .signal(SIGKILL))
    }

    @Test(arguments: Artifacts.allCases)
    func `an artifact is the same in every run, and equal to itself`(_ artifact: Artifacts) throws {
      let folder = try TemporaryDirectory("artifacts")
      let (one, other) = (try artifact.make(in: folder, named: "one"), try artifact.make(in: folder, named: "other"))
      #expect(try TreeComparison.differences(expected: one, actual: other) == [])
    }

    @Test func `a flipped bit, a missing file, one too many and a shorter one are each told`() throws {
      let folder = try TemporaryDirectory("comparison")
      let (one, other) = (try Artifacts.awkward.make(in: folder, named: "one"), try Artifacts.awkward.make(in: folder, named: "other"))
      var bytes = try folder.read("other/sub/block")
      bytes[12_345] ^= 1
      try folder.write(bytes, to: "other/sub/block")
      try FileManager.default.removeItem(atPath: other + "/empty")
      try folder.write([1], to: "other/new")
      try folder.write([], to: "other/a-first")
      #expect(
        try TreeComparison.differences(expected: one, actual: other) == [
          "a-first: 1 bytes expected, 0 found", "missing: empty", "not in the artifact: new", "sub/block: differs from byte 12345 on",
        ])
    }

    @Test func `machines of a network reach each other and not the world`() async throws {
      try await NetworkNamespaces.with(2) { network in
        let ping = network.members[0].wrap(ProcessRunner("python3", ["-c", Self.echoServer, network.members[0].address6]))
        let server = try ping.start()
        let dial = network.members[1].wrap(ProcessRunner("python3", ["-c", Self.echoClient, network.members[0].address6]))
        #expect(try await dial.output().contains("hello"))
        #expect(await server.exit(within: .seconds(10)) == .code(0))
        let routes = try await network.members[1].wrap(ProcessRunner("ip", ["route"])).output()
        #expect(!routes.contains("default"))
      }
    }

    private static let echoServer = """
      import socket, sys
      server = socket.create_server((sys.argv[1], 7777), family=socket.AF_INET6)
      connection, _ = server.accept()
      connection.sendall(b"hello")
      """

    private static let echoClient = """
      import socket, sys, time
      end = time.monotonic() + 10
      while True:
          try:
              print(socket.create_connection((sys.argv[1], 7777), 5).recv(5))
              break
          except ConnectionRefusedError:
              if time.monotonic() > end:
                  raise
      """

    private static func isGone(pid: String) -> Bool {
      let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
      return stat.isEmpty || stat.contains(") Z ")
    }
  }
}
