import ArgumentParser
import Foundation

struct TLSBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tls", abstract: "Seeds an SSL torrent to the rig's load generator, in turn with libtorrent and a bare OpenSSL sender.",
    discussion: """
      The rig is built and its data prepared as its README says. The load generator offers TLS 1.3 with AES-128-GCM alone to all of them; \
      another cipher ends the measurement. Compare CPU s/GiB; throughput and latency are disturbed by whatever else runs on the machine.
      """)

  @OptionGroup var paths: TLSRig
  @Option(help: "The rig's folder, with bench.py.") var rig: String
  @Option(help: "The rig's cases: 1 connection in order, 8 at random.") var cases = "t1,t8"
  @Option(help: "The seeders to compare with; the first is the baseline of the ratios.")
  var kinds = "libtorrent-ssl-hiperf,limit-tls13-aes128"
  @Option(help: "Rounds; each starts every seeder anew.") var rounds = 3

  private static let own = "granary"

  mutating func validate() throws {
    guard (1...100).contains(rounds) else { throw ValidationError("--rounds is from 1 to 100") }
  }

  func run() throws {
    TLSRig.raiseDescriptorLimit()
    let scratch = try Scratch()
    let tools = try RigTools(paths.bin, below: scratch.path)
    let runner = RigRunner(rig: rig, data: paths.data, bin: tools.path, cases: cases, output: scratch.path + "/runs.jsonl")
    let others = kinds.split(separator: ",").map(String.init)
    var shares = Figures()
    for round in 1...rounds {
      FileHandle.standardError.write(Data("round \(round) of \(rounds)\n".utf8))
      for kind in others { try runner.run(kind, command: nil) }
      let seeder = try TLSSeeder(.granary, paths, bare: nil, below: "\(scratch.path)/\(round)")
      defer { seeder.stop() }
      let before = ThreadTimes(of: seeder.process.processIdentifier)
      try runner.attach(Self.own, pid: seeder.process.processIdentifier, port: seeder.port)
      shares.add(ThreadTimes(of: seeder.process.processIdentifier).busiest(since: before))
    }
    let runs = try RigRun.read(runner.output)
    try checkCiphers(runs)
    for name in cases.split(separator: ",") { show(runs.filter { $0.name == name }, case: String(name), kinds: others + [Self.own]) }
    print("granary's busiest thread has had \((shares.median ?? 1).text(2)) of its time in all cases together")
  }

  private func show(_ runs: [RigRun], case name: String, kinds: [String]) {
    let measures: [(String, String, Int, (RigRun) -> Double?)] = [
      ("CPU of the seeder", "s/GiB", 3, { $0.cpu }), ("throughput", "MB/s", 0, { $0.throughput }), ("latency p99", "ms", 2, { $0.p99 }),
      ("cores that the seeder kept busy", "cores", 2, { $0.cores }),
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

  private func checkCiphers(_ runs: [RigRun]) throws {
    for run in runs where run.cipher != "TLSv1.3 \(TLSRig.suites)" {
      throw ValidationError("\(run.kind) in case \(run.name) has spoken '\(run.cipher ?? "nothing")'")
    }
  }
}

/// The rig's programs, with a load generator that offers one cipher.
private struct RigTools {
  let path: String

  init(_ bin: String, below folder: String) throws {
    path = folder + "/bin"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for name in ["limit", "lt_seed", "wireprobe"] {
      try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: "\(bin)/\(name)")
    }
    let script = "#!/bin/sh\nexec '\(bin)/wireleech' \"$@\" --suites \(TLSRig.suites)\n"
    try Data(script.utf8).write(to: URL(fileURLWithPath: path + "/wireleech"))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path + "/wireleech")
  }
}
