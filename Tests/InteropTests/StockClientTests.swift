import Foundation
import TestSupport
import Testing

extension Interop {
  /// Clients that are told of nobody: they find our node through opentracker.
  @Suite struct StockClientTests {
    /// aria2 speaks to UDP trackers only with its DHT on; Transmission is asked once, for it takes its time.
    @Test(arguments: [("http", StockClient.allCases), ("udp", [.libtorrent, .rtorrent])])
    func `strangers in a network find us by tracker, download, and the tracker forgets us when we stop`(
      scheme: String, clients: [StockClient]
    ) async throws {
      try await NetworkNamespaces.with(3) { network in
        let (ours, theirs, trackers) = (network.members[0], network.members[1], network.members[2])
        let host = try GranaryHost(.within(ours), in: ours)
        let original = try host.make(.awkward)
        let announce = OpenTracker.announce(trackers.address, scheme: scheme)
        let artifact = try await host.publish(original, "--v1", "--tracker", announce)
        let tracker = try await OpenTracker.start(at: trackers.address, in: trackers, for: [artifact])
        let node = try await host.start()
        try await tracker.waitUntilNaming(node.endpoint(), for: artifact)
        for client in clients {
          try await expectDownload(Download(client: client, source: .torrent(artifact.torrent), member: theirs), equals: original)
        }
        try await node.terminate()
        try await tracker.waitUntilForgetting(node.endpoint(), for: artifact)
      }
    }

    /// Of hybrid torrents aria2 1.36 computes an info-hash of its own, and Transmission 3.00 reads none.
    @Test(arguments: [(StockClient.aria2, "--v1"), (.rtorrent, "--v1"), (.rtorrent, "--hybrid"), (.libtorrent, "--hybrid")])
    func `a client on loopback finds us by tracker`(client: StockClient, kind: String) async throws {
      let host = try GranaryHost()
      let original = try host.make(.manySmallFiles)
      let address = OpenTracker.loopbackAddress()
      let artifact = try await host.publish(original, kind, "--tracker", OpenTracker.announce(address))
      let tracker = try await OpenTracker.start(at: address, for: [artifact])
      let node = try await host.start()
      try await tracker.waitUntilNaming(node.endpoint(), for: artifact)
      try await expectDownload(Download(client: client, source: .torrent(artifact.torrent), address: "127.0.0.4"), equals: original)
      try await node.terminate()
      try await tracker.waitUntilForgetting(node.endpoint(), for: artifact)
    }

    @Test func `Transmission downloads a single file by magnet link`() async throws {
      try await NetworkNamespaces.with(3) { network in
        let (ours, theirs, trackers) = (network.members[0], network.members[1], network.members[2])
        let host = try GranaryHost(.within(ours), in: ours)
        let original = try host.make(.singleFile)
        let artifact = try await host.publish(original, "--v1", "--tracker", OpenTracker.announce(trackers.address))
        let tracker = try await OpenTracker.start(at: trackers.address, in: trackers, for: [artifact])
        let node = try await host.start()
        try await tracker.waitUntilNaming(node.endpoint(), for: artifact)
        try await expectDownload(Download(client: .transmission, source: .magnet(artifact.magnet), member: theirs), equals: original)
        try await node.terminate()
      }
    }

    @Test func `a stranger on IPv6 is served`() async throws {
      try await NetworkNamespaces.with(2) { network in
        let (ours, theirs) = (network.members[0], network.members[1])
        let host = try GranaryHost(.within(ours), in: ours)
        let original = try host.make(.awkward)
        let artifact = try await host.publish(original)
        let node = try await host.start()
        var download = Download(client: .libtorrent, source: .torrent(artifact.torrent), member: theirs)
        download.peers = [node.endpoint(ours.address6)]
        download.options = ["--bind", theirs.address6]
        try await expectDownload(download, equals: original)
        try await node.terminate()
      }
    }

    @Test func `with one upload slot strangers wait choked, take turns and all finish`() async throws {
      try await NetworkNamespaces.with(4) { network in
        let ours = network.members[0]
        var configuration = GranaryConfiguration.within(ours)
        configuration.extra = ["limits: { upload-slots: 1, upload: 4 MiB/s }"]
        let host = try GranaryHost(configuration, in: ours)
        let original = try Artifacts.file(12 << 20, in: host.folder, named: "data/large.bin")
        let artifact = try await host.publish(original)
        let node = try await host.start()
        let reports = try await withThrowingTaskGroup(of: ClientReport.self) { group in
          for member in network.members.dropFirst() {
            group.addTask { try await Self.downloadWatchingChokes(artifact, from: node, on: member, original: original) }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        let sessions = reports.compactMap { $0.sessions?.first }
        #expect(sessions.count == 3)
        #expect(sessions.filter(\.waitedChoked).count >= 2, "\(sessions)")
        try await node.terminate()
      }
    }

    private static func downloadWatchingChokes(
      _ artifact: GranaryArtifact, from node: GranaryProcess, on member: NetworkNamespaces.Member, original: String
    ) async throws -> ClientReport {
      var download = Download(client: .libtorrent, source: .torrent(artifact.torrent), member: member, limit: .seconds(120))
      download.peers = [node.endpoint()]
      download.options = ["--watch-choking"]
      let folder = try TemporaryDirectory("download")
      let report = try await download.run(into: folder.path)
      try expectComplete(report, download, in: folder.path, equals: original)
      return report
    }
  }
}

extension GranaryConfiguration {
  /// A node on the test network's machine, which admits the test network.
  static func within(_ member: NetworkNamespaces.Member) -> GranaryConfiguration {
    var configuration = GranaryConfiguration()
    configuration.listen = ["\(member.address):6881", "[\(member.address6)]:6881"]
    configuration.allow = ["10.77.0.0/24", "fd00:77::/64"]
    return configuration
  }
}
