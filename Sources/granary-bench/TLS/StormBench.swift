import ArgumentParser
import Foundation

struct StormBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "storm", abstract: "What downloading peers feel when thousands of new TLS connections come at once.",
    discussion: """
      Peers of the SSL torrent download; latency from request to whole block, p99: alone; while new peers come, all at once, each from an \
      address of its own, with full handshakes, again and again; and while just as many come to another program on the same machine, which \
      tells what of it is only the contest for the processors that the new peers themselves need.
      """)

  @OptionGroup var rig: TLSRig
  @Option(help: "The seeder to measure.") var seeder = TLSSeeder.Kind.granary
  @Option(help: "Peers that download.") var peers = 8
  @Option(help: "Requests that each has outstanding.") var depth = 64
  @Option(help: "New peers that come at once.") var count = 2000
  @Option(help: "Seconds of each measurement.") var seconds = 5
  @Option(help: "Rounds.") var rounds = 5

  mutating func validate() throws {
    guard seeder != .bare else { throw ValidationError("the bare loop seeds nothing") }
    guard (1...100).contains(rounds), (1...15_000).contains(count), (1...60).contains(seconds), (1...1000).contains(peers),
      (1...500).contains(depth)
    else { throw ValidationError("--rounds 1-100, --count 1-15000, --seconds 1-60, --peers 1-1000, --depth 1-500") }
  }

  private enum Weather: String, CaseIterable {
    case calm = "alone"
    case elsewhere = "storm on another program"
    case storm = "storm"
  }

  func run() throws {
    TLSRig.raiseDescriptorLimit()
    let scratch = try Scratch()
    let bare = try CompiledProgram("bareserver", below: scratch.path)
    let node = try TLSSeeder(seeder, rig, bare: bare, below: scratch.path + "/seeder")
    defer { node.stop() }
    let other = try TLSSeeder(.bare, rig, bare: bare, below: scratch.path)
    defer { other.stop() }
    var (latency, throughput) = ([Weather: Figures](), [Weather: Figures]())
    var storms: [Weather: [IdleRun]] = [:]
    for _ in 0..<rounds {
      for weather in Weather.allCases {
        let (run, met) = try measure(node, storm: weather == .calm ? nil : weather == .storm ? node : other)
        latency[weather, default: Figures()].add(run.p99)
        throughput[weather, default: Figures()].add(run.throughput)
        storms[weather, default: []] += met
      }
    }
    show("latency p99 of \(peers) downloading peers", "ms", 2, latency)
    show("their throughput", "MB/s", 0, throughput)
    for weather in [Weather.elsewhere, .storm] { describe(weather, storms[weather] ?? []) }
  }

  private func show(_ title: String, _ unit: String, _ decimals: Int, _ figures: [Weather: Figures]) {
    let rows = Weather.allCases.map { (name: $0.rawValue, figures: figures[$0] ?? Figures()) }
    Table(title: title, baseline: rows.first?.figures, decimals: decimals, unit: unit).show(rows)
  }

  private func describe(_ weather: Weather, _ storms: [IdleRun]) {
    var seconds = Figures()
    for storm in storms { seconds.add(storm.seconds) }
    let fewest = storms.map(\.peers).min() ?? 0
    print(
      "\(weather.rawValue): \(storms.count) times \(count) peers, each time over after \(seconds.text(decimals: 2)) s, with at least \(fewest) taken"
    )
  }

  /// Lets the peers download, with storms one after the other all the while.
  private func measure(_ node: TLSSeeder, storm target: TLSSeeder?) throws -> (DownloadRun, [IdleRun]) {
    let pipe = Pipe()
    let peers = try start(node, output: pipe)
    var storms: [IdleRun] = []
    // They have connected and asked by then.
    Thread.sleep(forTimeInterval: 0.3)
    while let target, peers.isRunning {
      let output = Pipe()
      let storm = try IdleTLSLoad(rig: rig, count: count, rate: 0, stay: 0).start(target, output: output)
      let text = output.fileHandleForReading.readDataToEndOfFile()
      storm.waitUntilExit()
      storms.append(try JSONDecoder().decode(IdleRun.self, from: text))
    }
    let text = pipe.fileHandleForReading.readDataToEndOfFile()
    peers.waitUntilExit()
    // What the storm has left is gone before the next measurement.
    Thread.sleep(forTimeInterval: 1)
    return (try JSONDecoder().decode(DownloadRun.self, from: text), storms)
  }

  private func start(_ node: TLSSeeder, output: Any) throws -> Process {
    let arguments = [
      "--port", "\(node.port)", "--torrent", rig.torrent, "--ext", "--fast", "--conns", "\(peers)", "--depth", "\(depth)", "--order",
      "rand", "--secs", "\(seconds)", "--bytes", "64G", "--src", "127.250.0.1",
    ]
    return try ChildProcess.start([rig.bin + "/wireleech"] + arguments + rig.leech, output: output, errors: FileHandle.standardError)
  }
}

/// What the rig's load generator says of peers that downloaded.
struct DownloadRun: Decodable {
  private struct Latency: Decodable { let p99: Double }
  private let latency: Latency?
  private let seconds: Double
  /// MB/s.
  let throughput: Double
  /// Milliseconds from a request to its whole block; all of the time where no block came.
  var p99: Double { latency?.p99 ?? seconds * 1000 }

  private enum CodingKeys: String, CodingKey {
    case latency = "lat_ms"
    case seconds
    case throughput = "MBps"
  }
}
