import Foundation
import Logging
import Metainfo
import PluginKit
import Plugins
import Settings
import TestSupport
import Testing

@testable import GranaryNode

/// The external plugin with a program in Python, as a node has it.
struct ExternalProgram {
  let plugin: ExternalPlugin
  let journal: TestJournal
  let counters: PluginCounters
  let folder: TemporaryDirectory

  /// Reads and writes frames; what is asked is in `ask()`, with its id.
  private static let prelude = """
    #!/usr/bin/python3 -I
    import json, os, struct, sys, time
    OPERATIONS = ["connect", "metadata", "request", "message"]
    def read():
        head = sys.stdin.buffer.read(4)
        if len(head) < 4: sys.exit(0)
        return json.loads(sys.stdin.buffer.read(struct.unpack(">I", head)[0]))
    def frame(message):
        body = json.dumps(message).encode()
        return struct.pack(">I", len(body)) + body
    def write(data):
        while data: data = data[os.write(1, data):]
    def hello():
        write(frame({"type": "hello", "protocol": 1, "operations": OPERATIONS}))
    def answer(message, verdict="allow", **words):
        write(frame({"type": "answer", "id": message["id"], "verdict": verdict, **words}))
    def ask():
        while True:
            message = read()
            if message["type"] == "ask": return message

    """

  /// - Parameter body: Python; `HERE` is a folder that it can write to.
  init(_ body: String, _ settings: String = "", deadline: String = "500ms") throws {
    folder = try TemporaryDirectory("external")
    try #require(chmod(folder.path, 0o755) == 0)
    let script = try folder.write(Array((Self.prelude + "HERE = \"\(folder.path)\"\n" + body + "\n").utf8), to: "program.py")
    try #require(chmod(script, 0o755) == 0)
    (journal, counters) = (TestJournal(), PluginCounters())
    let yaml = """
      node: { name: rig }
      listen: [{ address: "127.0.0.1:0" }]
      pipeline: [{ external: { command: \(script), deadline: \(deadline), \(settings) } }]
      """
    let loaded = try NodeSettings.load(bytes: Array(yaml.utf8), file: "rig.yaml", environment: SettingsEnvironment())
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    var services = PluginServices(
      wallClock: { .now }, clock: { .now }, journal: journal, logger: logger, folder: folder.path, counters: counters)
    services.children = ChildThreads()
    let builder = PipelineBuilder(
      registry: PluginRegistry(Plugins.builtIns), services: { [services] _ in services }, explain: SettingsErrors.explain)
    let pipeline = try builder.build(loaded.pipeline.map(\.pipelineEntry), generation: 1).get()
    plugin = try #require(pipeline.plugins.first?.plugin as? ExternalPlugin)
  }

  /// What it says of a peer at this port.
  func admit(_ port: UInt16 = 1) async throws -> Verdict {
    var facts = PolicyFixtures.peer(artifact: PolicyFixtures.artifact(), now: .now)
    facts.address = PeerAddress(ip: facts.address.ip, port: port)
    return try await plugin.admit(facts)
  }

  /// Asks until it says yes; nil where it does not in time.
  func admitted(within limit: Duration = .seconds(30)) async throws -> Verdict? {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      let verdict = try await admit()
      if verdict.isAllowed { return verdict }
    }
    return nil
  }

  /// Asks until it says no for this reason, or a part of it; nil where it does not in time.
  func denied(_ reason: String, within limit: Duration = .seconds(30)) async throws -> String? {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      let verdict = try await admit()
      #expect(!verdict.isAllowed, "\(verdict)")
      if verdict.reason.contains(reason) { return verdict.reason }
    }
    return nil
  }

  /// What the journal says of its ends. Tests beside this one start processes, which have our descriptors for a moment: a script that is
  /// just written may be open for writing in one of them.
  var ends: [String] { journal.records.filter { $0.operation == "plugin" && !$0.reason.contains("Text file busy") }.map(\.reason) }

  /// Waits for a file that the program writes; gives its text.
  func text(of name: String, within limit: Duration = .seconds(30)) throws -> String {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      if let bytes = try? folder.read(name), bytes.last == 10 { return String(decoding: bytes.dropLast(), as: UTF8.self) }
      usleep(5000)
    }
    throw ProcessFailure("the program has not written \(name)")
  }

  /// Whether a process is gone, or will be in time.
  static func isGone(_ pid: String, within limit: Duration = .seconds(30)) -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      // One that nobody has waited for is gone too.
      guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
      if status.contains(") Z ") { return true }
      usleep(5000)
    }
    return false
  }
}
