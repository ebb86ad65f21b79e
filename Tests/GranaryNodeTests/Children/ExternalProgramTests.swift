import Foundation
import PluginKit
import TestSupport
import Testing

@testable import GranaryNode

/// Programs that do what they should, and what they find.
struct ExternalProgramTests {
  private static let serve = "\nread(); hello()\nwhile True: answer(ask(), reason=say())"

  @Test func aProgramAnswers() async throws {
    let it = try ExternalProgram("def say(): return 'hello'" + Self.serve)
    let verdict = try await it.admitted()
    #expect(verdict?.reason == "hello")
    for port in 2...50 { #expect(try await it.admit(UInt16(port)).isAllowed) }
    #expect(it.ends.isEmpty)
  }

  @Test func manyAreAskedAboutAtOnce() async throws {
    let it = try ExternalProgram("def say(): return 'hello'" + Self.serve, "in-flight: 4")
    try #require(try await it.admitted() != nil)
    let allowed = try await withThrowingTaskGroup(of: Bool.self) { group in
      for port in 1...60 { group.addTask { try await it.admit(UInt16(port)).isAllowed } }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(allowed == 60)
  }

  @Test func itFindsNothingOfOurs() async throws {
    let it = try ExternalProgram(
      """
      def say():
          environment = open("/proc/self/environ").read()
          descriptors = [n for n in os.listdir("/proc/self/fd") if n not in ("0", "1", "2") and os.path.exists("/proc/self/fd/" + n)]
          status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
          return json.dumps({
              "environment": environment, "descriptors": descriptors, "folder": os.getcwd(), "leads": os.getpgid(0) == os.getpid(),
              "privileges": status["NoNewPrivs"].strip(), "blocked": status["SigBlk"].strip(), "ignored": status["SigIgn"].strip(),
              "arguments": sys.argv[1:], "nice": os.nice(0)})
      """ + Self.serve, "arguments: [\"a b\", \"$HOME\"]")
    let reason = try #require(try await it.admitted()).reason
    let found = try #require(try JSONSerialization.jsonObject(with: Data(reason.utf8)) as? [String: Any])
    #expect(found["environment"] as? String == "")
    #expect(found["descriptors"] as? [String] == [])
    #expect(found["folder"] as? String == "/")
    #expect(found["leads"] as? Bool == true)
    #expect(found["privileges"] as? String == "1")
    #expect((found["blocked"] as? String)?.allSatisfy { $0 == "0" } == true)
    // Python itself ignores SIGPIPE (13) and SIGXFSZ (25).
    #expect(found["ignored"] as? String == "0000000001001000")
    #expect(found["arguments"] as? [String] == ["a b", "$HOME"])
    #expect((found["nice"] as? Int ?? 0) >= 5)
  }

  @Test(.enabled(if: geteuid() == 0)) func itRunsAsAnotherUser() async throws {
    let it = try ExternalProgram(
      "def say(): return str([os.getresuid(), os.getresgid() == (os.getgid(),) * 3, os.getgroups()])" + Self.serve, "user: nobody")
    #expect(try await it.admitted()?.reason == "[(65534, 65534, 65534), True, []]")
    #expect(it.plugin.warnings.isEmpty)
  }

  @Test func itsGroupGoesWithThePlugin() async throws {
    let program = """
      import subprocess
      other = subprocess.Popen(["/bin/sleep", "1000"])
      with open(HERE + "/pids", "w") as file: file.write(f"{os.getpid()} {other.pid}\\n")
      def say(): return "hello"
      """
    var it: ExternalProgram? = try ExternalProgram(program + Self.serve)
    try #require(try await it?.admitted() != nil)
    let pids = try #require(try it?.text(of: "pids")).split(separator: " ").map(String.init)
    #expect(pids.count == 2)
    it = nil
    for pid in pids { #expect(ExternalProgram.isGone(pid), "\(pid)") }
  }

  @Test func oneThatWasKilledIsStartedAgain() async throws {
    let it = try ExternalProgram("def say(): return str(os.getpid())" + Self.serve)
    let first = try #require(try await it.admitted()).reason
    kill(try #require(pid_t(first)), SIGKILL)
    let deadline = ContinuousClock.now + .seconds(30)
    var second = first
    while second == first, ContinuousClock.now < deadline {
      let verdict = try await it.admit()
      if verdict.isAllowed { second = verdict.reason }
    }
    #expect(second != first)
    #expect(it.ends.first?.contains("was ended by signal 9; it is started again in 0.") == true)
  }

  @Test func whatItLogsDoesNotHoldItUp() async throws {
    let it = try ExternalProgram(
      "def say():\n    os.write(2, b'x' * 999 + b'\\n')\n    return 'hello'" + Self.serve)
    try #require(try await it.admitted() != nil)
    for port in 1...200 { #expect(try await it.admit(UInt16(port)).isAllowed) }
  }
}
