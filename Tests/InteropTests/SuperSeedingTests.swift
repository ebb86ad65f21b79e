import Foundation
import TestSupport
import Testing

extension Interop {
  /// Super-seeding with clients that know nothing of it: all complete, and the node sends less than without.
  @Suite struct SuperSeedingTests {
    private static let limit = "limits: { upload: 4 MiB/s }"

    @Test func `four libtorrents that know each other take little more than one copy from us, and less than without it`() async throws {
      let plain = try await amplification([Self.limit])
      let superSeeding = [Self.limit, "super-seeding: [\"large*\"]"]
      var held = try await amplification(superSeeding)
      // Clients that get no processor time give each other nothing.
      if held >= plain || held > 1.5 { held = min(held, try await amplification(superSeeding)) }
      #expect(held < plain, "\(held) copies with super-seeding, \(plain) without")
      #expect(held <= 1.5, "\(held) copies with super-seeding, \(plain) without")
    }

    @Test(arguments: ["--v1", "--hybrid", "--v2"])
    func `a libtorrent that is alone gets everything`(kind: String) async throws {
      let host = try GranaryHost(.superSeeding)
      let original = try host.make(.awkward)
      let artifact = try await host.publish(original, kind)
      let node = try await host.start()
      try await expectDownload(node.libtorrent(artifact), equals: original)
      try await node.terminate()
    }

    @Test func `one that wants a single file of many gets it`() async throws {
      let host = try GranaryHost(.superSeeding)
      let original = try Artifacts.file(40 << 20, in: host.folder, named: "data/two/large.bin")
      _ = try Artifacts.file(1 << 20, in: host.folder, named: "data/two/small.bin")
      let folder = URL(fileURLWithPath: original).deletingLastPathComponent().path
      let artifact = try await host.publish(folder, "--piece-length", "256KiB")
      let node = try await host.start()
      // The others are no help: they wait for all of it.
      var many = node.libtorrent(artifact)
      many.options = ["--sessions", "2", "--mesh"]
      var selective = node.libtorrent(artifact, from: "127.0.0.9")
      selective.options = ["--only", "*small.bin"]
      let (first, second) = (try TemporaryDirectory("download"), try TemporaryDirectory("download"))
      async let everything = many.run(into: first.path)
      async let little = selective.run(into: second.path)
      let reports = try await [everything, little]
      for report in reports { #expect(report.ok, "\(report)") }
      try await node.terminate()
    }

    @Test(arguments: [StockClient.aria2, .rtorrent, .libtorrent])
    func `a client that finds us by tracker gets everything`(client: StockClient) async throws {
      let host = try GranaryHost(.superSeeding)
      let original = try host.make(.manySmallFiles)
      let address = OpenTracker.loopbackAddress()
      let artifact = try await host.publish(original, "--v1", "--tracker", OpenTracker.announce(address))
      let tracker = try await OpenTracker.start(at: address, for: [artifact])
      let node = try await host.start()
      try await tracker.waitUntilNaming(node.endpoint(), for: artifact)
      try await expectDownload(Download(client: client, source: .torrent(artifact.torrent), address: "127.0.0.4"), equals: original)
      try await node.terminate()
    }

    @Test func `Transmission, aria2 and libtorrent in one swarm get everything`() async throws {
      try await NetworkNamespaces.with(5) { network in
        var configuration = GranaryConfiguration.within(network.members[0])
        configuration.extra = [Self.limit, "super-seeding: [\"*\"]"]
        let host = try GranaryHost(configuration, in: network.members[0])
        let original = try Artifacts.file(12 << 20, in: host.folder, named: "data/large.bin")
        let trackers = network.members[1]
        let artifact = try await host.publish(original, "--v1", "--tracker", OpenTracker.announce(trackers.address))
        let tracker = try await OpenTracker.start(at: trackers.address, in: trackers, for: [artifact])
        let node = try await host.start()
        try await tracker.waitUntilNaming(node.endpoint(), for: artifact)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for (client, member) in zip([StockClient.transmission, .aria2, .libtorrent], network.members.dropFirst(2)) {
            group.addTask {
              let download = Download(client: client, source: .torrent(artifact.torrent), member: member, limit: .seconds(120))
              try await expectDownload(download, equals: original)
            }
          }
          try await group.waitForAll()
        }
        try await node.terminate()
      }
    }

    /// What the node has sent for one copy's bytes when four clients that know each other have everything.
    private func amplification(_ extra: [String]) async throws -> Double {
      var configuration = GranaryConfiguration()
      configuration.extra = extra
      let host = try GranaryHost(configuration)
      let original = try Artifacts.file(24 << 20, in: host.folder, named: "data/large.bin")
      let artifact = try await host.publish(original, "--piece-length", "256KiB")
      let node = try await host.start()
      var download = node.libtorrent(artifact)
      download.options = ["--sessions", "4", "--mesh"]
      download.limit = .seconds(120)
      let folder = try TemporaryDirectory("download")
      let report = try await download.run(into: folder.path)
      let sessions = try #require(report.sessions)
      #expect(report.ok, "\(sessions)")
      for session in sessions {
        #expect(try TreeComparison.differences(expected: original, actual: session.folder + "/large.bin") == [])
      }
      let uploaded = try await settled(host)
      try await node.terminate()
      return Double(uploaded) / Double(artifact.size)
    }

    /// What the node has sent in all, once its last peer is gone.
    private func settled(_ host: GranaryHost) async throws -> Int {
      let deadline = ContinuousClock.now + .seconds(20)
      while ContinuousClock.now < deadline {
        let status = try await host.status()
        if status.peers == 0 { return Int(status.uploaded) }
      }
      throw ProcessFailure("the node still has peers")
    }
  }
}

extension GranaryConfiguration {
  /// A node on loopback that super-seeds everything.
  static var superSeeding: GranaryConfiguration {
    var configuration = GranaryConfiguration()
    configuration.extra = ["super-seeding: [\"*\"]"]
    return configuration
  }
}
