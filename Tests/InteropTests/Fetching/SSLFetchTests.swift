import Foundation
import TestSupport
import Testing

extension Interop {
  /// Fetches over TLS.
  @Suite struct SSLFetchTests {
    /// A host that shows a certificate of the swarm's for its torrent, and has nothing yet.
    private static func replica(of swarm: SSLSwarm) throws -> GranaryHost {
      var sections = TLSSections()
      sections.sslTorrent(swarm.artifact.name, showing: "leech", of: swarm.certificates)
      return try GranaryHost(.securing("ssl-torrent", sections: sections))
    }

    @Test(arguments: ["--v1", "--hybrid", "--v2"])
    func `an SSL torrent is fetched from libtorrent`(kind: String) async throws {
      let swarm = try await SSLSwarm.make(kind: kind)
      let address = LibtorrentSSL.listening(7)
      var seed = swarm.leecher("seed", into: swarm.host.folder, at: address, port: 7001)
      (seed.to, seed.seeds) = (swarm.host.folder.path("data"), true)
      seed.show("seed", of: swarm.certificates)
      // Without somebody who wants something the run would be over.
      let folder = try TemporaryDirectory("idle")
      let idle = swarm.leecher("idle", into: folder, at: LibtorrentSSL.listening(8))
      let seeds = try LibtorrentSSL([seed, idle], limit: .seconds(180))
      try await seeds.waitUntilListening()
      let replica = try Self.replica(of: swarm)
      try await replica.fetch(swarm.artifact.torrent, from: ["\(address):7001"])
      try replica.expectFetched(swarm.original)
      withExtendedLifetime(seeds) {}
    }

    @Test func `an SSL torrent is fetched from a node of ours`() async throws {
      let swarm = try await SSLSwarm.make()
      let node = try await swarm.host.start()
      let replica = try Self.replica(of: swarm)
      try await replica.fetch(swarm.artifact.torrent, from: [node.endpoint()])
      try replica.expectFetched(swarm.original)
      try await node.terminate()
    }
  }
}
