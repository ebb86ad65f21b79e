import Foundation
import TestSupport
import Testing

extension Interop {
  /// `granary fetch` from seeds that we did not write.
  @Suite struct StockSeedTests {
    @Test(arguments: [
      (StockClient.libtorrent, "--v1"), (.libtorrent, "--hybrid"), (.libtorrent, "--v2"), (.aria2, "--v1"), (.rtorrent, "--v1"),
      (.transmission, "--v1"),
    ])
    func `an artifact is fetched from a stock seed, verified, and fetched no second time`(client: StockClient, kind: String) async throws {
      let origin = try GranaryHost()
      let original = try origin.make(.awkward)
      // rTorrent takes in no torrent without a tracker.
      let artifact = try await origin.publish(original, kind, "--tracker", "http://127.0.0.99:1/announce")
      let seed = try await StockSeed.start(client, artifact.torrent, data: origin.folder.path("data"))
      let replica = try GranaryHost.replica()
      let fetched = try await replica.fetch(artifact.torrent, from: [seed.endpoint])
      #expect(fetched.state == "ready" && fetched.left == 0 && fetched.failedPieces == 0)
      try replica.expectFetched(original)
      #expect(try await replica.list().artifacts.map(\.state) == ["ready"])
      #expect(try await replica.run("verify", artifact.name).exit == .code(0))
      try await seed.stop()
      #expect(try await replica.fetch(artifact.torrent, from: [seed.endpoint]).downloaded == 0)
    }

    @Test func `stock seeds and a node of ours give one artifact together`() async throws {
      let origin = try GranaryHost()
      let original = try Artifacts.file(8 << 20, in: origin.folder, named: "data/large.bin")
      let artifact = try await origin.publish(original, "--v1")
      let node = try await origin.start()
      let data = origin.folder.path("data")
      let first = try await StockSeed.start(.libtorrent, artifact.torrent, data: data, at: "127.0.0.7", options: ["--rate", "2000000"])
      let second = try await StockSeed.start(.aria2, artifact.torrent, data: data, at: "127.0.0.8")
      let replica = try GranaryHost.replica()
      try await replica.fetch(artifact.torrent, from: [first.endpoint, second.endpoint, node.endpoint()])
      try replica.expectFetched(original)
      try await first.stop()
      try await second.stop()
      try await node.terminate()
    }

    @Test(arguments: ["--v1", "--hybrid", "--v2"])
    func `a magnet link is enough, with libtorrent as the only peer`(kind: String) async throws {
      let origin = try GranaryHost()
      let original = try origin.make(.awkward)
      let artifact = try await origin.publish(original, kind, "--public")
      let seed = try await StockSeed.start(.libtorrent, artifact.torrent, data: origin.folder.path("data"))
      let replica = try GranaryHost.replica()
      try await replica.fetch(artifact.magnet, from: [seed.endpoint])
      try replica.expectFetched(original)
      try await seed.stop()
    }

    @Test(arguments: [StockClient.aria2, .rtorrent])
    func `a replica that still fetches serves stock clients that know nobody else`(client: StockClient) async throws {
      let origin = try GranaryHost()
      let original = try Artifacts.file(6 << 20, in: origin.folder, named: "data/large.bin")
      let address = OpenTracker.loopbackAddress()
      let artifact = try await origin.publish(original, "--v1", "--piece-length", "64KiB", "--tracker", OpenTracker.announce(address))
      let tracker = try await OpenTracker.start(at: address, for: [artifact])
      // Announces nothing, and takes ten seconds and more for the whole.
      let options = ["--torrent", artifact.torrent, "--data", original, "--bind", "127.73.0.", "--rate", "500000"]
      let source = try PythonScript.runner("wire_seeds.py", options).start()
      // It announces itself from where it listens.
      let replica = try GranaryHost.replica {
        ($0.listen, $0.extra) = (["127.0.0.1:0"], ["origins: [\(address.split(separator: ":").first ?? "")]"])
      }
      let node = try await replica.start()
      async let fetched = replica.fetch(artifact.torrent, from: try await WireSeeds.endpoints(source))
      try await tracker.waitUntilNaming(node.endpoint(), for: artifact)
      let folder = try TemporaryDirectory("download")
      let leecher = Download(client: client, source: .torrent(artifact.torrent), address: "127.0.0.9", limit: .seconds(120))
      let download = try leecher.start(into: folder.path)
      try await replica.waitUntilUploaded(1)
      #expect(try await replica.list().artifacts.map(\.state) == ["fetching"])
      let report = try await ClientReport.read(download.finish(within: .seconds(135)))
      try expectComplete(report, leecher, in: folder.path, equals: original)
      #expect(try await fetched.state == "ready")
      try await node.terminate()
      source.send(SIGTERM)
    }

    @Test func `a seed is found through opentracker, and replicas that lack pieces serve stock clients`() async throws {
      let origin = try GranaryHost()
      let original = try Artifacts.file(6 << 20, in: origin.folder, named: "data/large.bin")
      let address = OpenTracker.loopbackAddress()
      let artifact = try await origin.publish(original, "--v1", "--tracker", OpenTracker.announce(address))
      let tracker = try await OpenTracker.start(at: address, for: [artifact])
      // The only source is slow: who downloads from the replica alone must have pieces while it still fetches.
      let seed = try await StockSeed.start(
        .libtorrent, artifact.torrent, data: origin.folder.path("data"), at: "127.0.0.7", options: ["--rate", "1500000"])
      try await tracker.waitUntilNaming(seed.endpoint, for: artifact)
      let replica = try GranaryHost.replica { $0.extra = ["origins: [\(address.split(separator: ":").first ?? "")]"] }
      let node = try await replica.start()
      async let fetched = replica.fetch(artifact.torrent, from: [])
      let leecher = Download(
        client: .libtorrent, source: .torrent(artifact.torrent), address: "127.0.0.9", peers: [node.endpoint("127.0.0.6")])
      try await expectDownload(leecher, equals: original)
      #expect(try await fetched.state == "ready")
      try replica.expectFetched(original)
      try await node.terminate()
      try await seed.stop()
    }
  }
}
