import Foundation
import PluginKit
import TestSupport
import Testing

@testable import GranaryNode

/// Programs that hang, end, flood and speak nonsense: what they guard is denied with a reason, and nobody else notices.
struct ExternalChaosTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let body: String
    /// What a denial says sooner or later.
    let reason: String
    /// What the journal says of its end; nil where it does not end by itself.
    var end: String?
    var settings = ""
  }

  static let cases: [Case] = [
    Case(testDescription: "hangs when it is asked", body: "read(); hello(); time.sleep(1000)", reason: "has not answered within 500 ms"),
    Case(
      testDescription: "hangs and is ended", body: "read(); hello(); time.sleep(1000)", reason: "hangs: it has left a question open",
      end: "hangs"),
    Case(testDescription: "never says hello", body: "time.sleep(1000)", reason: "was not ready within 500 ms (it is being started)"),
    Case(testDescription: "ends at once", body: "sys.exit(3)", reason: "ended with code 3", end: "ended with code 3"),
    Case(
      testDescription: "ends when it is asked", body: "read(); hello(); ask(); sys.exit(4)", reason: "ended with code 4",
      end: "ended with code 4"),
    Case(
      testDescription: "is killed by itself", body: "read(); hello(); ask(); os.kill(os.getpid(), 11)", reason: "was ended by signal 11",
      end: "signal 11"),
    Case(
      testDescription: "speaks no JSON", body: "read(); hello(); ask(); write(struct.pack('>I', 5) + b'hello'); time.sleep(1000)",
      reason: "has sent what cannot be read: not JSON", end: "not JSON"),
    Case(
      testDescription: "speaks text", body: "read(); print('hello, I am your policy', flush=True); time.sleep(1000)",
      reason: "a frame of 1751477356 bytes", end: "a frame of 1751477356 bytes"),
    Case(
      testDescription: "floods answers",
      body: "read(); hello()\nwhile True: write(frame({'type': 'answer', 'id': 10**6, 'verdict': 'allow'}) * 100)",
      reason: "does not have to answer", end: "does not have to answer"),
    Case(
      testDescription: "floods bytes", body: "read(); hello()\nwhile True: write(b'\\0' * 65536)", reason: "a frame of no bytes",
      end: "a frame of no bytes"),
    Case(
      testDescription: "floods its log", body: "read(); hello(); ask()\nwhile True: os.write(2, b'x\\n' * 30000)",
      reason: "has not answered within 500 ms"),
    Case(
      testDescription: "drips",
      body: "read(); hello(); data = frame({'type': 'answer', 'id': ask()['id'], 'verdict': 'allow'})\n"
        + "for byte in data: write(bytes([byte])); time.sleep(0.2)\ntime.sleep(1000)",
      reason: "has not answered within 500 ms"),
    Case(
      testDescription: "dies in the middle of a frame", body: "read(); hello(); ask(); write(struct.pack('>I', 100) + b'{'); sys.exit(5)",
      reason: "ended with code 5", end: "ended with code 5"),
    Case(
      testDescription: "does not read", body: "hello(); time.sleep(1000)", reason: "has not answered within 500 ms"),
    Case(
      testDescription: "closes its output", body: "read(); hello(); ask(); os.close(1); time.sleep(1000)",
      reason: "has closed its output", end: "has closed its output"),
    Case(
      testDescription: "leaves a process behind",
      body: "import subprocess\nread(); hello(); ask(); subprocess.Popen(['/bin/sleep', '1000']); os._exit(6)", reason: "ended with code 6",
      end: "ended with code 6"),
    Case(
      testDescription: "takes memory without end",
      body: "read(); hello(); ask(); held = []\nwhile True: held.append(bytearray(1 << 20))", reason: "ended with code 1",
      end: "ended with code 1", settings: "memory: 64 MiB"),
    Case(
      testDescription: "cannot be run", body: "", reason: "could not be started", end: "could not be started", settings: "user: nobody"),
  ]

  @Test(arguments: cases) func whatItGuardsIsDenied(_ it: Case) async throws {
    let program: ExternalProgram
    if it.settings.contains("user") {
      guard geteuid() == 0 else { return }
      program = try ExternalProgram(it.body, it.settings)
      // Nobody else may enter: the check of the path does not mind, the kernel does.
      try #require(chmod(program.folder.path, 0o700) == 0)
    } else {
      program = try ExternalProgram(it.body, it.settings)
    }
    #expect(try await program.denied(it.reason) != nil, "\(program.ends)")
    if let end = it.end {
      let row = try #require(program.ends.first)
      #expect(row.contains(end))
    }
  }

  @Test func othersAnswerAsIfNothingWere() async throws {
    let sound = try ExternalProgram("read(); hello()\nwhile True: answer(ask())", deadline: "10s")
    try #require(try await sound.admitted() != nil)
    let bodies = Self.cases.filter { !$0.settings.contains("user") && !$0.settings.contains("memory") }.map(\.body)
    let broken = try bodies.map { try ExternalProgram($0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for program in broken { group.addTask { try await Self.ask(program, times: 5, isAllowed: false) } }
      group.addTask { try await Self.ask(sound, times: 100, isAllowed: true) }
      try await group.waitForAll()
    }
    #expect(sound.ends.isEmpty)
  }

  private static func ask(_ program: ExternalProgram, times: Int, isAllowed: Bool) async throws {
    for port in 1...times {
      let verdict = try await program.admit(UInt16(port))
      #expect(verdict.isAllowed == isAllowed, "\(verdict)")
    }
  }

  @Test func oneThatGetsBetterIsHeard() async throws {
    let it = try ExternalProgram(
      """
      read()
      if not os.path.exists(HERE + "/tried"):
          open(HERE + "/tried", "w").close()
          sys.exit(1)
      hello()
      while True: answer(ask(), reason="better")
      """)
    #expect(try await it.admitted()?.reason == "better")
    #expect(it.ends.count == 1)
  }
}
