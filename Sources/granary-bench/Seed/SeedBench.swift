import ArgumentParser
import Foundation

struct SeedBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "seed", abstract: "Seeds to the measuring rig's load generator, in turn with libtorrent and a bare sender.",
    discussion: """
      The rig is built and its data prepared as its README says. Compare CPU s/GiB; throughput and latency are disturbed by whatever \
      else runs on the machine.
      """)

  @Option(help: "The rig's folder, with bench.py.") var rig: String
  @Option(help: "The rig's data ($RIG_DATA).") var data: String
  @Option(help: "The rig's programs ($RIG_BIN).") var bin: String
  @Option(help: "The granary to measure (default: beside this program).") var granary: String?
  @Option(help: "The rig's cases.") var cases = "a,b,c,g,g1448"
  @Option(help: "The seeders to compare with; the first is the baseline of the ratios.") var kinds = "libtorrent-hiperf,limit-writev-mmap"
  @Option(help: "Rounds; each starts every seeder anew.") var rounds = 3

  mutating func validate() throws {
    guard (1...100).contains(rounds) else { throw ValidationError("--rounds is from 1 to 100") }
  }

  func run() throws {
    let scratch = try Scratch()
    let script = try SeederScript(below: scratch.path, granary: granary ?? Self.sibling()).path
    let runner = RigRunner(rig: rig, data: data, bin: bin, cases: cases, output: scratch.path + "/runs.jsonl")
    let others = kinds.split(separator: ",").map(String.init)
    for round in 1...rounds {
      FileHandle.standardError.write(Data("round \(round) of \(rounds)\n".utf8))
      for kind in others { try runner.run(kind, command: nil) }
      try runner.run("granary", command: "\(script) {torrent} {data} {port} {state}")
    }
    let runs = try RigRun.read(runner.output)
    for name in cases.split(separator: ",") { show(runs.filter { $0.name == name }, case: String(name), kinds: others + ["granary"]) }
  }

  private func show(_ runs: [RigRun], case name: String, kinds: [String]) {
    let measures: [(String, String, Int, (RigRun) -> Double?)] = [
      ("CPU of the seeder", "s/GiB", 3, { $0.cpu }), ("throughput", "MB/s", 0, { $0.throughput }), ("latency p99", "ms", 2, { $0.p99 }),
    ]
    for (title, unit, decimals, value) in measures {
      let rows = kinds.map { kind in
        var figures = Figures()
        for run in runs where run.kind == kind { if let value = value(run) { figures.add(value) } }
        return (name: kind, figures: figures)
      }
      Table(title: "case \(name): \(title)", baseline: rows.first?.figures, decimals: decimals, unit: unit).show(rows)
    }
  }

  static func sibling() -> String {
    let own = URL(fileURLWithPath: CommandLine.arguments.first ?? "granary-bench").resolvingSymlinksInPath()
    return own.deletingLastPathComponent().appendingPathComponent("granary").path
  }
}
