import Foundation
import TestSupport
import Testing

extension Interop {
  /// `kill -9` at random moments, again and again on one state directory, with operators and peers at work.
  @Suite struct RandomKillTests {
    private static let isSoak = ProcessInfo.processInfo.environment["GRANARY_SOAK"] == "1"
    /// Each is fifty kills.
    private static let seeds: [UInt64] = isSoak ? Array(1...20) : [1]

    @Test(arguments: seeds)
    func `after every kill the inventory is sound, holds what was acknowledged, and the node starts by itself`(seed: UInt64) async throws {
      var run = try await RandomKills(seed: seed)
      for round in 1...50 {
        let problems = try await run.crash()
        try #require(problems == [], "seed \(seed), round \(round)")
      }
      let report = try await run.finish()
      print("random kills, seed \(seed): \(run.acknowledged) commands acknowledged, \(report)")
      #expect(report.corrupt == 0, "\(report.complaints)")
      #expect(report.verified > 50)
      #expect(run.acknowledged > 50)
    }
  }
}

/// What `restless_peer.py` reports.
struct RestlessReport: Decodable, Sendable {
  /// Pieces whose hash was right.
  let verified: Int
  /// Torrents had from the first piece to the last on one connection.
  let whole: Int
  let corrupt: Int
  let connections: Int
  let complaints: [String]
}

/// One state directory that lives through kills.
struct RandomKills {
  private struct Check: Decodable {
    let problems: [String]
    let names: [String]
  }

  private let host: GranaryHost
  private let peers: RunningProcess
  private var generator: SeededGenerator
  private var lanes: [CrashLane]

  init(seed: UInt64) async throws {
    generator = SeededGenerator(seed: seed)
    let port = try FreePort.pick()
    var configuration = GranaryConfiguration()
    // The same port each time: a restarted node must get it.
    configuration.listen = ["127.0.0.1:\(port)"]
    host = try GranaryHost(configuration)
    lanes = [
      try await CrashLane(host, name: "first", seed: generator.next()), try await CrashLane(host, name: "second", seed: generator.next()),
    ]
    peers = try PythonScript.runner(
      "restless_peer.py", ["--peer", "127.0.0.1:\(port)", "--torrents", host.folder.path("state/torrents"), "--peers", "3"]
    ).start()
  }

  /// Commands that exited 0.
  var acknowledged: Int { lanes.reduce(0) { $0 + $1.acknowledged } }

  /// One life of the node, and its sudden end; what is wrong then.
  mutating func crash() async throws -> [String] {
    let isEarly = Int.random(in: 0..<5, using: &generator) == 0
    let node = try isEarly ? host.command(["run"]).start() : await host.start().process
    let delay = Duration.milliseconds(Int.random(in: 0...(isEarly ? 400 : 700), using: &generator))
    let (first, second) = (lanes[0], lanes[1])
    async let one = Self.worked(first, while: node)
    async let other = Self.worked(second, while: node)
    let exit = await node.kill(after: delay)
    lanes = [try await one, try await other]
    // A node that starts while a command holds the lock says so (75), as any other command would.
    let isExpected = exit == .signal(SIGKILL) || isEarly && exit == .code(75)
    var problems = isExpected ? [] : ["the node ended by itself: \(node.result(exit: exit))"]
    problems += lanes.flatMap(\.complaints)
    problems += try await inspect()
    for index in lanes.indices { try lanes[index].tamper() }
    return problems
  }

  private static func worked(_ lane: CrashLane, while node: RunningProcess) async throws -> CrashLane {
    var lane = lane
    try await lane.work(while: node)
    return lane
  }

  private mutating func inspect() async throws -> [String] {
    let text = try await PythonScript.runner("inventory_check.py", [host.folder.path("state")]).output()
    let check = try JSONDecoder().decode(Check.self, from: Data(text.utf8))
    return check.problems + lanes.indices.flatMap { lanes[$0].differences(from: Set(check.names)) }
  }

  /// A last start: nothing is left over, everything is served, everything verifies.
  func finish() async throws -> RestlessReport {
    let node = try await host.start()
    for name in lanes.flatMap(\.whole) { #expect(try await host.run("verify", name).exit == .code(0), "\(name)") }
    let states = Dictionary(uniqueKeysWithValues: try await host.list().artifacts.map { ($0.name, $0.state) })
    #expect(lanes.flatMap(\.whole).filter { states[$0] != "ready" } == [])
    peers.send(SIGTERM)
    _ = await peers.exit(within: .seconds(10))
    try await node.terminate()
    #expect(try leftovers() == [])
    return try JSONDecoder().decode(RestlessReport.self, from: Data(peers.output.utf8))
  }

  /// Files of the state directory that nobody will ever ask for.
  private func leftovers() throws -> [String] {
    let files = try FileManager.default.subpathsOfDirectory(atPath: host.folder.path("state"))
    return files.filter { $0.hasSuffix(".tmp") || $0.hasSuffix(".new") || $0.hasSuffix(".partial") }
  }
}
