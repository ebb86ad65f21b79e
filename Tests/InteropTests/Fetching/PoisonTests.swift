import Foundation
import TestSupport
import Testing

extension Interop {
  /// A peer that gives wrong blocks among good ones.
  @Suite struct PoisonTests {
    @Test(arguments: ["--v1", "--hybrid", "--v2"])
    func `one bad block in fifty among ten good peers: the artifact completes, and the poisoner alone is refused`(kind: String) async throws
    {
      let origin = try GranaryHost()
      let original = try Artifacts.file(12 << 20, in: origin.folder, named: "data/large.bin")
      let artifact = try await origin.publish(original, kind, "--piece-length", "256KiB")
      let good = try PythonScript.runner(
        "wire_seeds.py",
        ["--torrent", artifact.torrent, "--data", original, "--bind", "127.71.0.", "--count", "10", "--rate", "400000"]
      ).start()
      let poisoner = try PythonScript.runner(
        "wire_seeds.py",
        ["--torrent", artifact.torrent, "--data", original, "--bind", "127.72.0.", "--count", "1", "--poison", "50"]
      ).start()
      let peers = try await WireSeeds.endpoints(good) + WireSeeds.endpoints(poisoner)
      let replica = try GranaryHost.replica()
      let fetched = try await replica.fetch(artifact.torrent, from: peers)
      #expect(fetched.failedPieces > 0)
      try replica.expectFetched(original)
      let rows = try await replica.journal().filter { $0.rule == "data" }
      #expect(!rows.isEmpty)
      #expect(rows.allSatisfy { $0.principal == "127.72.0.1" && $0.reason?.contains("piece") == true }, "\(rows)")
      try await good.terminate()
      try await poisoner.terminate()
    }
  }
}

/// Seeds that speak the wire protocol in Python and count what they are asked.
enum WireSeeds {
  private struct Word: Decodable { let endpoints: [String] }

  static func endpoints(_ process: RunningProcess) async throws -> [String] {
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline, process.exit == nil, !process.output.contains("\n") {
      _ = await process.exit(within: .milliseconds(20))
    }
    let line = process.output.split(separator: "\n").first.map(String.init) ?? ""
    guard let word = try? JSONDecoder().decode(Word.self, from: Data(line.utf8)) else { throw ProcessFailure("\(process.errors)") }
    return word.endpoints
  }
}
