import ArgumentParser
import Foundation
import NIOCore

struct TrackerBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tracker", abstract: "Announces over HTTP: the node's own tracker with policy on, in turn with opentracker.",
    discussion: """
      Each connection announces for another peer as soon as it has the answer to the last one, and is kept where the tracker keeps it. What a \
      tracker could do on a core of its own is announces by its CPU time; how long an answer takes is measured while that load goes on.
      """)

  @Option(help: "The granary to measure (default: beside this program).") var granary: String?
  @Option(help: "The opentracker to measure beside it.") var opentracker = "/usr/bin/opentracker"
  @Option(help: "Connections.") var connections = 32
  @Option(help: "Peers that announce.") var peers = 1000
  @Option(help: "Seconds of each measurement.") var seconds = 5
  @Option(help: "Peers that each tracker is to remember at the end, for what memory they take; 0 for none.") var table = 100_000
  @OptionGroup var options: BenchOptions

  mutating func validate() throws {
    guard (1...1000).contains(connections), (1...1000).contains(peers), (1...600).contains(seconds), (0...100_000).contains(table) else {
      throw ValidationError("--connections and --peers are from 1 to 1000, --seconds from 1 to 600, --table from 0 to 100000")
    }
  }

  func run() throws {
    let scratch = try Scratch()
    let trackers: [(name: String, tracker: MeasuredTracker)] = [
      ("opentracker", try .opentracker(opentracker, below: scratch.path)),
      ("granary", try .granary(granary ?? SeedBench.sibling(), below: scratch.path)),
    ]
    defer { for (_, tracker) in trackers { tracker.stop() } }
    var runs = [[AnnounceLoad.Result]](repeating: [], count: trackers.count)
    for _ in 0..<options.rounds {
      for (index, entry) in trackers.enumerated() {
        let load = AnnounceLoad(entry.tracker, connections: connections, peers: peers)
        runs[index].append(try load.run(for: .seconds(Int64(seconds))))
      }
    }
    let names = trackers.map(\.name)
    show("announces for a second of its CPU", "", 0, names, runs, \.perCore)
    show("announces a second beside the load that makes them", "", 0, names, runs, \.rate)
    show("time to an answer, median", "ms", 2, names, runs) { $0.latency(0.5) }
    show("time to an answer, p99", "ms", 2, names, runs) { $0.latency(0.99) }
    if table > 0 { try showMemory(trackers) }
  }

  private func showMemory(_ trackers: [(name: String, tracker: MeasuredTracker)]) throws {
    let rows = try trackers.map { name, tracker in
      var figures = Figures()
      figures.add(Double(try TrackerTable(tracker: tracker, peers: table).fill()) / Double(table))
      return (name: name, figures: figures)
    }
    Table(title: "memory for each of \(table) peers", baseline: rows.first?.figures, decimals: 0, unit: "bytes").show(rows)
  }

  private func show(
    _ title: String, _ unit: String, _ decimals: Int, _ names: [String], _ runs: [[AnnounceLoad.Result]],
    _ value: (AnnounceLoad.Result) -> Double
  ) {
    let rows = zip(names, runs).map { name, runs in
      var figures = Figures()
      for run in runs { figures.add(value(run)) }
      return (name: name, figures: figures)
    }
    Table(title: title, baseline: rows.first?.figures, decimals: decimals, unit: unit).show(rows)
  }
}
