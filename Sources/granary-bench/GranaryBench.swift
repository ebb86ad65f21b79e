import ArgumentParser

/// Measures what the node does often beside a baseline in the same run, and prints ratios. There are no thresholds: other load on the
/// machine moves wall-clock figures, and with them any limit that could be set; ratios of CPU time hold still.
@main
struct GranaryBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "granary-bench",
    abstract: "Measures the node's hot paths beside baselines.",
    discussion: "Build it with -c release. Every figure is the median of the rounds, with the least and the greatest in parentheses.",
    subcommands: [
      PipelineBench.self, DecodeBench.self, ReadBench.self, HashBench.self, SeedBench.self, StartupBench.self, PeersBench.self,
      SlowDiskBench.self, TLSBench.self, HandshakeBench.self, StormBench.self, RefusalBench.self,
      AdmissionBench.self, TrackerBench.self, ScrapeBench.self,
    ])
}

/// Options of every measurement.
struct BenchOptions: ParsableArguments {
  @Option(help: "Rounds; each runs every variant once, so that what disturbs the machine disturbs all alike.")
  var rounds = 5

  mutating func validate() throws {
    guard (1...1000).contains(rounds) else { throw ValidationError("--rounds is from 1 to 1000") }
  }
}
