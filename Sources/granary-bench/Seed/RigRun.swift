import Foundation

/// One line of the rig's results: a case with a seeder.
struct RigRun: Decodable {
  private struct Seeder: Decodable {
    let perGiB: Double?

    private enum CodingKeys: String, CodingKey { case perGiB = "run_per_GiB" }
  }
  private struct Latency: Decodable { let p99: Double? }

  let kind: String
  let name: String
  /// MB/s.
  let throughput: Double?
  private let seeder: Seeder?
  private let latency: Latency?

  /// CPU seconds of the seeder for each GiB.
  var cpu: Double? { seeder?.perGiB }
  /// Milliseconds from a request to its whole block.
  var p99: Double? { latency?.p99 }

  private enum CodingKeys: String, CodingKey {
    case kind, seeder
    case name = "case"
    case throughput = "MBps"
    case latency = "lat_ms"
  }

  static func read(_ file: String) throws -> [RigRun] {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    return try text.split(separator: "\n").map { try JSONDecoder().decode(RigRun.self, from: Data($0.utf8)) }
  }
}
