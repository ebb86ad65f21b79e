import Foundation
import TestSupport
import Testing

extension Interop {
  /// SSL torrents with libtorrent: one authority in the torrent, a certificate on each side.
  @Suite struct LibtorrentSSLTests {
    @Test(arguments: ["--v1", "--hybrid", "--v2"])
    func `libtorrent dials us and gets every byte, and again after we started anew`(kind: String) async throws {
      let swarm = try await SSLSwarm.make(kind: kind)
      for round in 1...2 {
        let node = try await swarm.host.start()
        let folder = try TemporaryDirectory("download")
        var leecher = swarm.leecher(into: folder, at: "127.73.1.\(round)")
        leecher.peers = [node.endpoint()]
        let report = try #require(try await LibtorrentSSL([leecher]).finish().first)
        try #require(report.finished, "\(report)")
        #expect(try swarm.differences(report) == [])
        try await node.terminate()
      }
    }

    @Test(arguments: ["--v1", "--hybrid", "--v2"])
    func `we dial libtorrent, and it gets every byte`(kind: String) async throws {
      var swarm = try await SSLSwarm.make(kind: kind)
      swarm.sections.peers = ["127.73.2.1:7001"]
      try swarm.configure()
      let folder = try TemporaryDirectory("download")
      let leechers = try LibtorrentSSL([swarm.leecher(into: folder, at: "127.73.2.1", port: 7001)])
      try await leechers.waitUntilListening()
      let node = try await swarm.host.start()
      let report = try #require(try await leechers.finish().first)
      try #require(report.finished, "\(report)")
      #expect(try swarm.differences(report) == [])
      try await node.terminate()
    }

    @Test func `ten libtorrents at once, some dialing and some dialed, all get every byte`() async throws {
      var swarm = try await SSLSwarm.make(.singleFile)
      swarm.sections.peers = (1...5).map { "127.73.3.\($0):7001" }
      try swarm.configure()
      let folder = try TemporaryDirectory("download")
      let listening = try LibtorrentSSL((1...5).map { swarm.leecher("listening-\($0)", into: folder, at: "127.73.3.\($0)", port: 7001) })
      try await listening.waitUntilListening()
      let node = try await swarm.host.start()
      let dialing = try LibtorrentSSL(
        (1...5).map { number in
          var leecher = swarm.leecher("dialing-\(number)", into: folder, at: "127.73.4.\(number)")
          leecher.peers = [node.endpoint()]
          return leecher
        })
      for report in try await dialing.finish() + listening.finish() {
        #expect(report.finished, "\(report)")
        if report.finished { #expect(try swarm.differences(report) == []) }
      }
      try await node.terminate()
    }

    @Test func `what granary pki issues is good for libtorrent and for us`() async throws {
      let pki = try await FleetPKI.make()
      try await pki.run("issue", "depot", "--dns", "*")
      try await pki.run("issue", "leech", "--dns", "singleFile")
      let host = try GranaryHost()
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original, "--ssl-torrent", pki.authority)
      var sections = TLSSections()
      sections.sslTorrents = [.init(artifacts: ["single*"], certificate: pki.certificate("depot"), key: pki.key("depot"))]
      try host.configure(.securing("ssl-torrent", sections: sections))
      let node = try await host.start()
      let folder = try TemporaryDirectory("download")
      let leecher = LibtorrentSSL.Member(
        name: "leech", torrent: artifact.torrent, to: folder.path, bind: "127.73.7.1", certificate: pki.certificate("leech"),
        key: pki.key("leech"), peers: [node.endpoint()])
      let report = try #require(try await LibtorrentSSL([leecher]).finish().first)
      try #require(report.finished, "\(report)")
      #expect(try TreeComparison.differences(expected: original, actual: folder.path("singleFile")) == [])
      try await node.terminate()
    }

    @Test func `over a plain link an SSL torrent is unknown, and an ordinary artifact is over an SSL torrent's`() async throws {
      var swarm = try await SSLSwarm.make(.singleFile)
      let ordinary = try await swarm.host.publish(try swarm.host.make(.manySmallFiles))
      swarm.sections.extra = ["links: any"]
      var configuration = GranaryConfiguration.securing("ssl-torrent", sections: swarm.sections)
      configuration.listen = ["127.0.0.3:0"]
      try swarm.host.configure(configuration)
      let node = try await swarm.host.start()
      let plain = try await RawPeer.dial(node.endpoint("127.0.0.3"), from: "127.73.5.1")
      await plain.send(PeerBytes.handshake(infoHash: PeerBytes.hex(swarm.artifact.handshakeHash)))
      #expect(try await plain.bytes(1) == nil)
      #expect(try await plain.isHungUp())

      var probe = TLSProbe(label: "ordinary", peer: node.endpoint(TLSSections.address(of: "ssl-torrent")), bind: "127.73.5.2")
        .showing("leech", of: swarm.certificates)
      probe.hash = ordinary.handshakeHash
      let right = swarm.artifact.handshakeHash
      let names = [right, ordinary.handshakeHash]
      for (sight, name) in zip(
        try await TLSProbe.run(
          names.map { name in
            var named = probe
            named.name = name
            return named
          }), names)
      {
        #expect(sight.plaintext == 0 && sight.isOver, "\(sight)")
        #expect(sight.connected == (name == right), "\(sight)")
      }
      try await node.terminate()
    }

    /// Hybrid torrents have two names, and the server's name may say either, however it is written.
    @Test func `each of the names that libtorrent takes for a torrent is taken`() async throws {
      let swarm = try await SSLSwarm.make(.singleFile, kind: "--hybrid")
      let node = try await swarm.host.start()
      let (v1, v2) = (try #require(swarm.artifact.infoHashV1), try #require(swarm.artifact.infoHashV2))
      let short = String(v2.prefix(40))
      let names = [v1, short, v1.uppercased(), v1 + ".anything", short + "." + v2.dropFirst(40)]
      let probes = names.flatMap { name in
        [v1, short].map { hash in
          var probe = TLSProbe(label: "\(name) \(hash)", peer: node.endpoint(), probe: .fetch, name: name, hash: hash)
            .showing("leech", of: swarm.certificates)
          probe.bind = "127.73.6.1"
          return probe
        }
      }
      for sight in try await TLSProbe.run(probes) { #expect(sight.served, "\(sight)") }
      try await node.terminate()
    }
  }
}
