import Foundation

/// One line of the rig's results: a case with a seeder.
struct RigRun: Decodable {
  private struct Seeder: Decodable {
    let perGiB: Double?
    let seconds: Double?

    private enum CodingKeys: String, CodingKey {
      case perGiB = "run_per_GiB"
      case seconds = "run_s"
    }
  }
  private struct Latency: Decodable { let p99: Double? }

  let kind: String
  let name: String
  /// MB/s.
  let throughput: Double?
  /// TLS version and cipher; empty for plain links.
  let cipher: String?
  private let elapsed: Double?
  private let seeder: Seeder?
  private let latency: Latency?

  /// CPU seconds of the seeder for each GiB.
  var cpu: Double? { seeder?.perGiB }
  /// How many cores the seeder kept busy.
  var cores: Double? {
    guard let busy = seeder?.seconds, let elapsed, elapsed > 0 else { return nil }
    return busy / elapsed
  }
  /// Milliseconds from a request to its whole block.
  var p99: Double? { latency?.p99 }

  private enum CodingKeys: String, CodingKey {
    case kind, seeder
    case name = "case"
    case throughput = "MBps"
    case cipher = "tls"
    case elapsed = "seconds"
    case latency = "lat_ms"
  }

  static func read(_ file: String) throws -> [RigRun] {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    return try text.split(separator: "\n").map { try JSONDecoder().decode(RigRun.self, from: Data($0.utf8)) }
  }
}
