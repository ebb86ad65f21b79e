import Foundation
import TestSupport
import Testing

extension Interop {
  /// `write_request` rules of the gate, seen on the wire.
  @Suite struct AskingTests {
    private struct Asked: Decodable { let asked: [String: [[Int]]] }

    @Test func `a block that is withheld from a peer is never asked of it, and comes from another`() async throws {
      let origin = try GranaryHost()
      let original = try Artifacts.file(4 << 20, in: origin.folder, named: "data/large.bin")
      let artifact = try await origin.publish(original, "--v1", "--piece-length", "64KiB")
      let restricted = try Self.seed(artifact, original, "127.73.0.")
      // Slow, so that the other has its turn.
      let free = try Self.seed(artifact, original, "127.74.0.", "--rate", "600000")
      let peers = try await WireSeeds.endpoints(restricted) + WireSeeds.endpoints(free)
      let replica = try GranaryHost.replica {
        $0.guards = [
          "gate: { write_request: [{ peers: [127.73.0.0/24], pieces: [0-31] }, { peers: [127.74.0.0/24] }] }"
        ]
      }
      try await replica.fetch(artifact.torrent, from: peers)
      try replica.expectFetched(original)
      let (some, rest) = (try await Self.asked(restricted), try await Self.asked(free))
      #expect(!some.isEmpty)
      #expect(some.allSatisfy { $0[0] <= 31 }, "\(some.filter { $0[0] > 31 })")
      #expect(Set(rest.map { $0[0] }).isSuperset(of: 32...63))
    }

    @Test func `a peer that may be asked for nothing is asked for nothing, and the journal says why`() async throws {
      let origin = try GranaryHost()
      let original = try origin.make(.singleFile)
      let artifact = try await origin.publish(original, "--v1")
      let seed = try Self.seed(artifact, original, "127.73.0.")
      let replica = try GranaryHost.replica { $0.guards = ["gate: { write_request: [{ peers: [127.99.0.0/16] }] }"] }
      let result = try await replica.fetching(artifact.torrent, from: try await WireSeeds.endpoints(seed), limit: "12s").run()
      #expect(result.exit == .code(69))
      #expect(try await Self.asked(seed).isEmpty)
      let rows = try await replica.journal().filter { $0.operation == "ask" }
      #expect(rows.contains { $0.verdict == "deny" && $0.plugin == "gate" }, "\(rows)")
    }

    private static func seed(
      _ artifact: GranaryArtifact, _ data: String, _ addresses: String, _ options: String...
    ) throws -> RunningProcess {
      try PythonScript.runner("wire_seeds.py", ["--torrent", artifact.torrent, "--data", data, "--bind", addresses] + options).start()
    }

    /// What it was asked for: piece, offset, length.
    private static func asked(_ process: RunningProcess) async throws -> [[Int]] {
      process.send(SIGTERM)
      _ = await process.exit(within: .seconds(10))
      let line = process.output.split(separator: "\n").last.map(String.init) ?? ""
      return try JSONDecoder().decode(Asked.self, from: Data(line.utf8)).asked.values.flatMap { $0 }
    }
  }
}
