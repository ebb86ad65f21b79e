import ArgumentParser
import Foundation

struct SlowDiskBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slowdisk", abstract: "What peers of an artifact on a fast disk feel when others read from a slow one.",
    discussion: """
      Two artifacts, neither in the page cache: the node reads each block with a thread that waits. Alone, and beside peers of the artifact \
      on the slow disk, peers read the one on the fast disk; latency from request to whole block. The rig's load generator is used.
      """)

  @Option(help: "The rig's programs ($RIG_BIN).") var bin: String
  @Option(help: "The granary to measure (default: beside this program).") var granary: String?
  @Option(help: "Where the slow artifact lies; must be another device than the temporary folder.") var slowFolder = "/dev/shm"
  @Option(help: "Microseconds for each read of the fast disk.") var fast = 200
  @Option(help: "Microseconds for each read of the slow disk.") var slow = 200_000
  @Option(help: "Peers of the fast artifact, each with two requests outstanding.") var peers = 8
  @Option(help: "Peers of the slow artifact, each with 64 requests outstanding.") var slowPeers = 32
  @Option(help: "Rounds.") var rounds = 5

  private static let mebibytes = 64

  mutating func validate() throws {
    guard (1...100).contains(rounds), (0...10_000_000).contains(fast), (0...10_000_000).contains(slow) else {
      throw ValidationError("--rounds is from 1 to 100, --fast and --slow from 0 to 10000000")
    }
  }

  func run() throws {
    let scratch = try Scratch()
    let slowScratch = try Scratch(below: slowFolder)
    _ = try scratch.makePayload("fast.bin", mebibytes: Self.mebibytes)
    _ = try slowScratch.makePayload("slow.bin", mebibytes: Self.mebibytes)
    let shim = try SlowDiskShim(
      below: scratch.path, fast: (folder: scratch.path, microseconds: fast), slow: (folder: slowScratch.path, microseconds: slow))
    let node = try SlowDiskNode(
      granary: granary ?? SeedBench.sibling(), below: scratch.path, files: [scratch.path + "/fast.bin", slowScratch.path + "/slow.bin"],
      shim: shim.path)
    defer { node.stop() }
    var figures = [Figures](repeating: Figures(), count: 2)
    for _ in 0..<rounds {
      figures[0].add(try fastPeers(node).p99)
      let load = try Leech(bin: bin, port: node.port, torrent: node.torrents[1], source: 31).start(
        connections: slowPeers, depth: 64, seconds: 30)
      // The slow artifact's requests fill what they may before the others come.
      Thread.sleep(forTimeInterval: 1)
      figures[1].add(try fastPeers(node).p99)
      load.terminate()
      load.waitUntilExit()
    }
    Table(title: "p99 of the fast artifact's peers", baseline: figures[0], decimals: 2, unit: "ms").show([
      (name: "alone", figures: figures[0]), (name: "beside \(slowPeers) peers of a slow disk", figures: figures[1]),
    ])
  }

  private func fastPeers(_ node: SlowDiskNode) throws -> Leech.Result {
    try Leech(bin: bin, port: node.port, torrent: node.torrents[0], source: 30).run(connections: peers, depth: 2, seconds: 2)
  }
}

/// The rig's load generator.
struct Leech {
  struct Result: Decodable {
    private struct Latency: Decodable { let p99: Double }
    private let latency: Latency?
    private let seconds: Double
    /// Milliseconds from a request to its whole block; all of the time where no block came.
    var p99: Double { latency?.p99 ?? seconds * 1000 }

    private enum CodingKeys: String, CodingKey {
      case latency = "lat_ms"
      case seconds
    }
  }

  let bin: String
  let port: Int
  let torrent: String
  /// The second number of the peers' addresses.
  let source: Int

  func start(connections: Int, depth: Int, seconds: Int, output: Any? = nil) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: bin + "/wireleech")
    process.arguments = [
      "--port", "\(port)", "--torrent", torrent, "--ext", "--fast", "--conns", "\(connections)", "--depth", "\(depth)", "--order", "rand",
      "--secs", "\(seconds)", "--bytes", "64G", "--src", "127.\(source).0.1",
    ]
    process.standardOutput = output ?? FileHandle.nullDevice
    try process.run()
    return process
  }

  func run(connections: Int, depth: Int, seconds: Int) throws -> Result {
    let pipe = Pipe()
    let process = try start(connections: connections, depth: depth, seconds: seconds, output: pipe)
    let text = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try JSONDecoder().decode(Result.self, from: text)
  }
}
