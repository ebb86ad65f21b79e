import ArgumentParser
import Foundation
import Metainfo

struct StartupBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "startup", abstract: "Starts a node with many verified artifacts and times it, from exec on.",
    discussion: """
      The artifacts are of one 16 KiB file each and hybrid. 'first answer' is a handshake answered with have-all, 'first block' a block \
      handed out, 'all answered' the same handshake for each artifact in turn, sixteen at a time (not beyond a thousand of them). Memory is \
      resident, some time after the first answer; the load is what all threads take of a processor while nobody asks anything, from ten \
      seconds after the start. With --libtorrent a seeder of that library (libtorrent-rasterbar-dev) with resume data of the same artifacts \
      is started in turn with the node.
      """)

  @OptionGroup var options: BenchOptions
  @Option(help: "The granary to measure (default: beside this program).") var granary: String?
  @Option(help: "Numbers of artifacts.") var artifacts = "0,1000,10000"
  @Option(help: "Where to make the artifacts (default: the system's temporary folder).") var below: String?
  @Option(help: "The node's port.") var port = 46_881

  @Option(help: "The trackers of all artifacts: dead (a name that nothing resolves), or none.") var trackers = SmallArtifacts.Trackers.dead
  @Flag(help: "Start libtorrent with resume data too.") var libtorrent = false
  @Option(help: "Seconds for which the idle node is looked at; 0 leaves it out.") var idle: UInt32 = 0

  private enum Measure: String, CaseIterable {
    case answer = "exec to first answer, ms"
    case block = "exec to first block, ms"
    case theirs = "libtorrent: exec to first block, ms"
    case ratio = "exec to first block, x libtorrent"
    case all = "exec to all answered (at most 1000), ms"
    case memory = "memory when idle, MiB"
    case used = "memory after all answered, MiB"
    case stop = "TERM to exit, ms"
    case load = "load when idle, ms of a processor a second"
  }

  func run() throws {
    for count in artifacts.split(separator: ",").compactMap({ Int($0) }) { try measure(count) }
  }

  private func measure(_ count: Int) throws {
    let scratch = try Scratch(below: below)
    // One more than is asked for, so that there is something to ask for.
    let made = try SmallArtifacts(
      count + 1, data: scratch.path + "/data", state: scratch.path + "/state", torrents: libtorrent ? scratch.path + "/torrents" : nil,
      trackers: trackers)
    let other = libtorrent ? try ResumedLibtorrent(made, below: scratch.path) : nil
    let configuration = try SmallArtifacts.configuration(
      scratch.path, port: port, further: ["limits: { per-address: 4000, handshakes: 2000 }"])
    var figures: [Measure: Figures] = [:]
    for _ in 0..<options.rounds {
      for (measure, value) in try round(made.infoHashes, configuration, other) { figures[measure, default: Figures()].add(value) }
    }
    print("\(count) artifacts")
    for measure in Measure.allCases {
      guard let figures = figures[measure] else { continue }
      print("  \(measure.rawValue): \(figures.text(decimals: measure == .ratio ? 2 : 1))")
    }
  }

  private func round(_ infoHashes: [SHA1Digest], _ configuration: String, _ other: ResumedLibtorrent?) throws -> [Measure: Double] {
    var values: [Measure: Double] = [:]
    try start(configuration) { node in
      values[.answer] = try node.firstAnswer(infoHashes[infoHashes.count / 2]) * 1000
      usleep(1_500_000)
      values[.memory] = node.memory
      if idle > 0 {
        sleep(10)
        values[.load] = node.idleLoad(over: idle) * 1000
      }
      values[.stop] = node.stop() * 1000
    }
    try start(configuration) { node in values[.block] = try node.firstBlock(infoHashes[infoHashes.count / 2]) * 1000 }
    if let other {
      let theirs = try firstBlock(of: other, infoHashes[infoHashes.count / 2]) * 1000
      (values[.theirs], values[.ratio]) = (theirs, (values[.block] ?? 0) / theirs)
    }
    try start(configuration) { node in
      values[.all] = try node.allAnswered(Array(infoHashes.prefix(1000))) * 1000
      values[.used] = node.memory
    }
    return values
  }

  private func firstBlock(of other: ResumedLibtorrent, _ infoHash: SHA1Digest) throws -> Double {
    let node = try StartedNode(other.arguments(port: port), port: port)
    defer { _ = node.stop() }
    return try node.firstBlock(infoHash)
  }

  private func start(_ configuration: String, _ body: (StartedNode) throws -> Void) throws {
    let node = try StartedNode(granary: granary ?? SeedBench.sibling(), configuration: configuration, port: port)
    defer { _ = node.stop() }
    try body(node)
  }
}
