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
  @Flag(help: "Also with no policy at all (open: true), and with every built-in plugin and long lists.") var policies = false

  mutating func validate() throws {
    guard (1...100).contains(rounds) else { throw ValidationError("--rounds is from 1 to 100") }
  }

  func run() throws {
    let scratch = try Scratch()
    let own = try scripts(below: scratch.path)
    let runner = RigRunner(rig: rig, data: data, bin: bin, cases: cases, output: scratch.path + "/runs.jsonl")
    let others = kinds.split(separator: ",").map(String.init)
    for round in 1...rounds {
      FileHandle.standardError.write(Data("round \(round) of \(rounds)\n".utf8))
      for kind in others { try runner.run(kind, command: nil) }
      for (name, script) in own { try runner.run(name, command: "\(script) {torrent} {data} {port} {state}") }
    }
    let runs = try RigRun.read(runner.output)
    for name in cases.split(separator: ",") { show(runs.filter { $0.name == name }, case: String(name), kinds: others + own.map(\.name)) }
  }

  private func scripts(below folder: String) throws -> [(name: String, path: String)] {
    let program = granary ?? Self.sibling()
    var scripts = [("granary", try SeederScript(below: folder, granary: program).path)]
    guard policies else { return scripts }
    let texts = [("granary-open", "open: true\n"), ("granary-full", try PolicyText.fullForAnyone(keys: folder, rules: 500))]
    for (name, policy) in texts {
      scripts.append((name, try SeederScript(below: folder, granary: program, named: name, policy: policy).path))
    }
    return scripts
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
