import Foundation
import TestSupport

/// One operator who works on through every crash: publishes, adds, removes, verifies and reloads, as a seeded generator says, and remembers
/// what the commands acknowledged. Its artifacts are its own, so that several lanes can work on one node.
struct CrashLane: Sendable {
  /// What the inventory must say of an artifact.
  enum Expectation: Sendable {
    case present, absent
    /// The command that would have changed it did not say that it has.
    case either
  }

  let host: GranaryHost
  let name: String
  private var generator: SeededGenerator
  private var published = 0
  /// By name.
  private(set) var artifacts: [String: Expectation] = [:]
  /// Artifacts whose bytes were changed while no node ran.
  private var tampered: Set<String> = []
  /// Torrents that another program made: data name to file.
  private var foreign: [String: String] = [:]
  /// How many commands exited 0.
  private(set) var acknowledged = 0
  /// What no command may do, whatever happens to the node: exit 70, hang, or fail for a reason that is not the crash.
  private(set) var complaints: [String] = []

  init(_ host: GranaryHost, name: String, seed: UInt64) async throws {
    (self.host, self.name) = (host, name)
    generator = SeededGenerator(seed: seed)
    for index in 0..<3 {
      let data = "\(name)-foreign-\(index)"
      let path = try Artifacts.file(70_000 + index, in: host.folder, named: "data/" + data, seed: generator.next())
      foreign[data] = host.folder.path(data + ".torrent")
      try await PythonScript.runner(
        "libtorrent_create.py", ["--kind", index == 0 ? "v1" : "hybrid", path, host.folder.path(data + ".torrent")]
      ).output()
    }
  }

  /// Works until the node is gone, and ends what it has begun.
  mutating func work(while node: RunningProcess) async throws {
    repeat { try await step() } while node.exit == nil
  }

  private mutating func step() async throws {
    switch Int.random(in: 0..<10, using: &generator) {
    case 0..<4: try await publish()
    case 4: try await add()
    case 5..<7: try await remove()
    case 7..<9: try await verify()
    default: _ = try await run(["reload"])
    }
  }

  private mutating func publish() async throws {
    // Not without end: each start looks at all that is held.
    guard artifacts.values.filter({ $0 != .absent }).count < 12 else { return try await remove() }
    published += 1
    let name = "\(name)-\(published)"
    let path = try makeData(name)
    try await change(name, to: .present, ["publish", path, Bool.random(using: &generator) ? "--v1" : "--hybrid"])
  }

  private mutating func makeData(_ name: String) throws -> String {
    let size = Int.random(in: 1...150_000, using: &generator)
    guard Bool.random(using: &generator) else {
      return try Artifacts.file(size, in: host.folder, named: "data/" + name, seed: generator.next())
    }
    for file in 0..<3 { try host.folder.write(generator.bytes(size / 3 + file), to: "data/\(name)/f\(file)") }
    return host.folder.path("data/" + name)
  }

  private mutating func add() async throws {
    guard let (name, torrent) = foreign.sorted(by: { $0.key < $1.key }).randomElement(using: &generator) else { return }
    try await change(name, to: .present, ["add", torrent, "--data", host.folder.path("data")])
  }

  private mutating func remove() async throws {
    guard let name = pick(where: { $0.value != .absent }) else { return }
    let data = foreign[name] == nil && Bool.random(using: &generator) ? ["--data"] : []
    try await change(name, to: .absent, ["remove", name] + data, alsoAccepted: artifacts[name] == .either ? [66] : [])
  }

  private mutating func verify() async throws {
    guard let name = pick(where: { $0.value == .present }) else { return }
    _ = try await run(["verify", name], alsoAccepted: tampered.contains(name) ? [65] : [])
  }

  private mutating func pick(where isIncluded: ((key: String, value: Expectation)) -> Bool) -> String? {
    artifacts.filter(isIncluded).keys.sorted().randomElement(using: &generator)
  }

  private mutating func change(
    _ name: String, to expectation: Expectation, _ arguments: [String], alsoAccepted codes: Set<Int32> = []
  ) async throws {
    let before = artifacts[name] ?? .absent
    artifacts[name] = .either
    if try await run(arguments, alsoAccepted: codes) { artifacts[name] = expectation }
    // What was there already cannot be made half there.
    if artifacts[name] == .either, before == expectation { artifacts[name] = before }
  }

  /// Runs a command, which may itself be killed; whether it exited 0. Without its node a command may be told to try later (75), or that
  /// nobody answers (69).
  private mutating func run(_ arguments: [String], alsoAccepted codes: Set<Int32> = []) async throws -> Bool {
    let process = try host.command(arguments + ["--json"]).start()
    let exit: ProcessExit?
    if Int.random(in: 0..<8, using: &generator) == 0 {
      exit = await process.kill(after: .milliseconds(Int.random(in: 0...150, using: &generator)))
      if case .signal = exit { return false }
    } else {
      exit = await process.exit(within: .seconds(60))
    }
    if exit == .code(0) {
      acknowledged += 1
      return true
    }
    if case .code(let code) = exit, codes.union([69, 75]).contains(code) { return false }
    complaints.append("\(process.result(exit: exit))")
    if exit == nil { await process.kill() }
    return false
  }

  // MARK: After a crash

  /// What the inventory should have and has not, or has and should not; what was left open is settled by what it has.
  mutating func differences(from names: Set<String>) -> [String] {
    var differences: [String] = []
    for (name, expectation) in artifacts.sorted(by: { $0.key < $1.key }) {
      switch (expectation, names.contains(name)) {
      case (.present, false): differences.append("\(name) was acknowledged and is missing")
      case (.absent, true): differences.append("\(name) was removed and is back")
      case (.either, let isThere): artifacts[name] = isThere ? .present : .absent
      case (.present, true), (.absent, false): break
      }
    }
    return differences + names.filter { $0.hasPrefix(self.name + "-") && artifacts[$0] == nil }.map { "\($0) was never made" }
  }

  /// Now and then changes a byte of an artifact while nobody watches: it must not be served as what it was.
  mutating func tamper() throws {
    guard Int.random(in: 0..<5, using: &generator) == 0 else { return }
    let name = pick { [tampered, foreign] in $0.value == .present && !tampered.contains($0.key) && foreign[$0.key] == nil }
    guard let name, var bytes = try? host.folder.read("data/" + name), let last = bytes.indices.last else { return }
    bytes[last] ^= 1
    try host.folder.write(bytes, to: "data/" + name)
    tampered.insert(name)
  }

  /// The artifacts that must be whole and served.
  var whole: [String] { artifacts.filter { $0.value == .present && !tampered.contains($0.key) }.keys.sorted() }
}
