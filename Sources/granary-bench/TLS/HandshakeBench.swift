import ArgumentParser
import Foundation

struct HandshakeBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "handshakes",
    abstract: "Peers with certificates: what it takes to shake hands with each, and to keep each while it says nothing.",
    discussion: """
      In turn with libtorrent and with a bare OpenSSL loop that asks for a certificate as well, all with TLS 1.3 and the same cipher; the \
      same client for each. From accept to the answer to the BitTorrent handshake: CPU of the seeder. Each round starts all anew. Memory is \
      anonymous memory once all have shaken hands; sockets are the kernel's.
      """)

  @OptionGroup var rig: TLSRig
  @Option(help: "Peers, each from an address of its own.") var count = 1000
  @Option(help: "Peers that connect a second; 0: as fast as they can.") var rate = 250
  @Option(name: .customLong("seeder"), help: "A seeder to measure, once for each; the first is the baseline of the ratios.")
  var seeders = TLSSeeder.Kind.allCases
  @Option(help: "Rounds.") var rounds = 5

  mutating func validate() throws {
    guard (1...100).contains(rounds), (1...15_000).contains(count), (0...100_000).contains(rate) else {
      throw ValidationError("--rounds is from 1 to 100, --count from 1 to 15000, --rate from 0 to 100000")
    }
  }

  func run() throws {
    TLSRig.raiseDescriptorLimit()
    let scratch = try Scratch()
    let bare = try CompiledProgram("bareserver", below: scratch.path)
    var runs: [TLSSeeder.Kind: [IdleRun]] = [:]
    for round in 1...rounds {
      for kind in seeders {
        let seeder = try TLSSeeder(kind, rig, bare: bare, below: "\(scratch.path)/\(round)-\(kind)")
        defer { seeder.stop() }
        runs[kind, default: []].append(try IdleTLSLoad(rig: rig, count: count, rate: rate).run(seeder))
      }
    }
    show("full handshakes for each CPU second", "1/s", 0, runs) { 1000 / $0.cpu }
    show("memory for each of \(count) idle peers", "bytes", 0, runs) { $0.memory }
    show("time to take all", "s", 2, runs) { $0.seconds }
  }

  private func show(
    _ title: String, _ unit: String, _ decimals: Int, _ runs: [TLSSeeder.Kind: [IdleRun]], _ value: (IdleRun) -> Double
  ) {
    let rows = seeders.map { kind in
      var figures = Figures()
      for run in runs[kind] ?? [] { figures.add(value(run)) }
      return (name: kind.rawValue, figures: figures)
    }
    Table(title: title, baseline: rows.first?.figures, decimals: decimals, unit: unit).show(rows)
  }
}
