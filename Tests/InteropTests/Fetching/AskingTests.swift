import Foundation
import TestSupport
import Testing

extension Interop {
  /// `write_request` rules of the gate, seen on the wire.
  @Suite struct AskingTests {
    private struct Asked: Decodable {
      let asked: [String: [[Int]]]
      /// Seconds from the first request to the last.
      let span: Double
    }

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

    @Test func `outside of its hours a peer is asked for nothing, and within them for all`() async throws {
      let origin = try GranaryHost()
      let original = try Artifacts.file(1 << 20, in: origin.folder, named: "data/large.bin")
      let artifact = try await origin.publish(original, "--v1", "--piece-length", "64KiB")
      let (asleep, awake) = (try Self.seed(artifact, original, "127.73.0."), try Self.seed(artifact, original, "127.74.0."))
      // From six hours before now to six after, and the other half of the day.
      let hour = Calendar.utc.component(.hour, from: Date())
      func time(_ hours: Int) -> String { String(format: "%02d:00", (hour + hours + 24) % 24) }
      let replica = try GranaryHost.replica {
        $0.guards = [
          "gate: { write_request: [{ peers: [127.73.0.0/24], when: { from: \"\(time(6))\", to: \"\(time(-6))\" } },"
            + " { peers: [127.74.0.0/24], when: { from: \"\(time(-6))\", to: \"\(time(6))\" } }] }"
        ]
      }
      try await replica.fetch(artifact.torrent, from: try await WireSeeds.endpoints(asleep) + WireSeeds.endpoints(awake))
      try replica.expectFetched(original)
      #expect(try await Self.asked(asleep).isEmpty)
      #expect(try await Set(Self.asked(awake).map { $0[0] }) == Set(0...15))
      let rows = try await replica.journal().filter { $0.operation == "ask" && $0.verdict == "deny" }
      #expect(rows.contains { $0.reason?.contains("is outside its hours") == true }, "\(rows)")
    }

    @Test func `no more is asked of a peer than its rate, and all comes`() async throws {
      let origin = try GranaryHost()
      let original = try Artifacts.file(4 << 20, in: origin.folder, named: "data/large.bin")
      let artifact = try await origin.publish(original, "--v1", "--piece-length", "64KiB")
      let seed = try Self.seed(artifact, original, "127.73.0.")
      let replica = try GranaryHost.replica { $0.guards = ["gate: { write_request: [{ answer: limit, rate: 1 MiB/s }] }"] }
      try await replica.fetch(artifact.torrent, from: try await WireSeeds.endpoints(seed))
      try replica.expectFetched(original)
      let report = try await Self.report(seed)
      let bytes = report.asked.values.flatMap { $0 }.reduce(0) { $0 + $1[2] }
      #expect(bytes >= 4 << 20)
      // What a second saves up may go at once.
      #expect(report.span > Double(bytes) / Double(1 << 20) - 1.5, "\(bytes) bytes in \(report.span) s")
    }

    private static func seed(
      _ artifact: GranaryArtifact, _ data: String, _ addresses: String, _ options: String...
    ) throws -> RunningProcess {
      try PythonScript.runner("wire_seeds.py", ["--torrent", artifact.torrent, "--data", data, "--bind", addresses] + options).start()
    }

    /// What it was asked for: piece, offset, length.
    private static func asked(_ process: RunningProcess) async throws -> [[Int]] { try await report(process).asked.values.flatMap { $0 } }

    private static func report(_ process: RunningProcess) async throws -> Asked {
      process.send(SIGTERM)
      _ = await process.exit(within: .seconds(10))
      let line = process.output.split(separator: "\n").last.map(String.init) ?? ""
      return try JSONDecoder().decode(Asked.self, from: Data(line.utf8))
    }
  }
}

extension Calendar {
  fileprivate static let utc: Calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return calendar
  }()
}
