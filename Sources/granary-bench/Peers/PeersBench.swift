import ArgumentParser
import Foundation
import Glibc

struct PeersBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peers", abstract: "Memory and CPU for each idle peer that has shaken hands, in turn with libtorrent.",
    discussion: """
      The rig is built and its data prepared as its README says. Each round starts both seeders anew: memory that earlier peers have left \
      behind would hide what the next ones cost. Anonymous memory is counted; sockets are the kernel's.
      """)

  @Option(help: "The rig's data ($RIG_DATA).") var data: String
  @Option(help: "The rig's programs ($RIG_BIN).") var bin: String
  @Option(help: "The granary to measure (default: beside this program).") var granary: String?
  @Option(help: "Peers, each from an address of its own.") var count = 1000
  @Option(help: "Peers that connect a second.") var rate = 1000
  @Option(help: "Rounds.") var rounds = 3

  mutating func validate() throws {
    guard (1...100).contains(rounds), (1...15_000).contains(count), (1...100_000).contains(rate) else {
      throw ValidationError("--rounds is from 1 to 100, --count from 1 to 15000, --rate from 1 to 100000")
    }
  }

  func run() throws {
    raiseDescriptorLimit()
    let scratch = try Scratch()
    let script = try SeederScript(below: scratch.path, granary: granary ?? SeedBench.sibling()).path
    let torrent = data + "/torrents/big.torrent"
    let seeders: [(name: String, command: (_ port: Int, _ state: String) -> [String])] = [
      ("libtorrent", { port, _ in [bin + "/lt_seed", "--port", "\(port)", "--data", data + "/big", "--profile", "hiperf", torrent] }),
      ("granary", { port, state in [script, torrent, data + "/big", "\(port)", state] }),
    ]
    var runs = [[IdleRun]](repeating: [], count: seeders.count)
    for round in 1...rounds {
      for (index, seeder) in seeders.enumerated() {
        let state = "\(scratch.path)/\(round)-\(index)"
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        let port = 20_000 + Int.random(in: 0..<10_000)
        runs[index].append(try IdleLoad(bin: bin, torrent: torrent, count: count, rate: rate).run(seeder.command(port, state), port, state))
      }
    }
    show("memory for each of \(count) idle peers", "bytes", 0, seeders.map(\.name), runs) { $0.memory }
    show("CPU to take each", "ms", 3, seeders.map(\.name), runs) { $0.cpu }
    show("time to take all", "s", 2, seeders.map(\.name), runs) { $0.seconds }
  }

  private func show(_ title: String, _ unit: String, _ decimals: Int, _ names: [String], _ runs: [[IdleRun]], _ value: (IdleRun) -> Double)
  {
    let rows = zip(names, runs).map { name, runs in
      var figures = Figures()
      for run in runs { figures.add(value(run)) }
      return (name: name, figures: figures)
    }
    Table(title: title, baseline: rows.first?.figures, decimals: decimals, unit: unit).show(rows)
  }

  /// The programs that are started inherit it.
  private func raiseDescriptorLimit() {
    let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(kind, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(kind, &limit)
  }
}
