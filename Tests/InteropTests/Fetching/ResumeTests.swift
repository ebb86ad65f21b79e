import Foundation
import TestSupport
import Testing

extension Interop {
  /// Fetches that are cut off.
  @Suite struct ResumeTests {
    private static let size = 24 << 20

    /// A seed that takes some seconds for the whole.
    private static func slowSeed(_ artifact: GranaryArtifact, _ origin: GranaryHost, rate: Int = 6_000_000) async throws -> StockSeed {
      try await StockSeed.start(
        .libtorrent, artifact.torrent, data: origin.folder.path("data"), at: "127.0.0.7", options: ["--rate", "\(rate)"])
    }

    private static func artifact() async throws -> (origin: GranaryHost, original: String, artifact: GranaryArtifact) {
      let origin = try GranaryHost()
      let original = try Artifacts.file(size, in: origin.folder, named: "data/large.bin")
      return (origin, original, try await origin.publish(original, "--hybrid", "--piece-length", "128KiB"))
    }

    /// Waits until the staging folder's record is there: something is held for good.
    static func waitForRecord(_ replica: GranaryHost) async throws {
      let deadline = ContinuousClock.now + .seconds(30)
      while ContinuousClock.now < deadline {
        let folders = try replica.folder.entries("data").filter { $0.hasPrefix(".granary-") }
        if let folder = folders.first, try replica.folder.entries("data/" + folder).contains("record") { return }
        _ = try await replica.run("list")
      }
      throw ProcessFailure("nothing was recorded")
    }

    @Test func `a fetch that is killed goes on where it was`() async throws {
      let (origin, original, artifact) = try await Self.artifact()
      let seed = try await Self.slowSeed(artifact, origin)
      let replica = try GranaryHost.replica()
      for _ in 0..<2 {
        let running = try replica.fetching(artifact.torrent, from: [seed.endpoint]).start()
        try await Self.waitForRecord(replica)
        _ = await running.kill(after: .milliseconds(600))
      }
      let fetched = try await replica.fetch(artifact.torrent, from: [seed.endpoint])
      #expect(fetched.downloaded < Int64(Self.size), "\(fetched)")
      try replica.expectFetched(original)
      try await seed.stop()
    }

    @Test func `a node that is killed while it fetches goes on by itself`() async throws {
      let (origin, original, artifact) = try await Self.artifact()
      let seed = try await Self.slowSeed(artifact, origin, rate: 2_000_000)
      let replica = try GranaryHost.replica()
      let first = try await replica.start()
      let command = try replica.fetching(artifact.torrent, from: [seed.endpoint]).start()
      try await Self.waitForRecord(replica)
      #expect(try await replica.list().artifacts.map(\.state) == ["fetching"])
      await first.process.kill()
      #expect(await command.exit(within: .seconds(150)) == .code(69))
      let second = try await replica.start()
      let deadline = ContinuousClock.now + .seconds(150)
      while ContinuousClock.now < deadline, try await replica.list().artifacts.map(\.state) != ["ready"] {}
      #expect(try await replica.list().artifacts.map(\.state) == ["ready"])
      try replica.expectFetched(original)
      #expect(try await replica.run("verify", artifact.name).exit == .code(0))
      try await second.terminate()
      try await seed.stop()
    }
  }
}
