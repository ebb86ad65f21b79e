import Foundation
import TestSupport
import Testing

extension Interop {
  /// Certificates that are replaced while peers download.
  @Suite struct TLSRotationTests {
    /// Both authorities are trusted for a while, in which everybody changes over; then the old one is no longer.
    @Test func `the fleet's authority is replaced under load, and no byte is lost`() async throws {
      let host = try GranaryHost()
      let certificates = try await CertificateFolder([
        .authority("old"), .authority("new"), .member("old-node", issuer: "old"), .member("new-node", issuer: "new"),
        .member("old-edge", issuer: "old"), .member("new-edge", issuer: "new"),
      ])
      _ = try certificates.bundle("old", "new", as: "both")
      let member = try TemporaryDirectory("member")
      try show("old-edge", of: certificates, in: member)
      try configure(host, certificates, node: "old-node", trust: "old")
      let original = try Artifacts.file(6_000_001, in: host.folder, named: "data/large.bin")
      let artifact = try await host.publish(original)
      let node = try await host.start()
      let download = try TLSDownload(
        .init(
          torrent: artifact.torrent, hash: artifact.handshakeHash, peer: node.endpoint(), bind: "127.85.0.1", peers: 6,
          pause: 0.05, timeout: 120, certificate: member.path("certificate"), key: member.path("key"),
          authorities: certificates.certificate("both")))

      try await download.waitUntil(tenths: 2)
      try await reload(host, certificates, node: "old-node", trust: "both")
      try await download.waitUntil(tenths: 4)
      try show("new-edge", of: certificates, in: member)
      try await reload(host, certificates, node: "new-node", trust: "both")
      // Links that stand keep what they were made with.
      #expect(try await host.status().peers == 6)
      try await download.waitUntil(tenths: 6)
      #expect(try await host.status().peers == 6)
      try await reload(host, certificates, node: "new-node", trust: "new")

      let data = try Data(contentsOf: URL(fileURLWithPath: original))
      let digest = try await ProcessRunner("sha256sum", [original]).output().prefix(64)
      #expect(data.count == artifact.size)
      for report in try await download.finish() {
        #expect(report.whole && report.sha256 == digest, "\(report)")
        #expect(report.cut == 0 && report.failures == [], "\(report)")
        // Once with the old certificate, and with the new one after the old authority was dropped.
        #expect(report.connections == 2 && report.certificates == 2, "\(report)")
      }
      try await node.terminate()
    }

    @Test func `our certificate for an SSL torrent is replaced while libtorrent downloads, and it is not disturbed`() async throws {
      var swarm = try await SSLSwarm.make(size: 4_000_001)
      let node = try await swarm.host.start()
      let folder = try TemporaryDirectory("download")
      let members = (1...3).map { number in
        var member = swarm.leecher("leech-\(number)", into: folder, at: "127.85.1.\(number)")
        (member.peers, member.rate) = ([node.endpoint()], 1_000_000)
        return member
      }
      let download = try LibtorrentSSL(members)
      try await swarm.host.waitUntilUploaded(2_000_000)
      try await swarm.certificates.add([.star("next")])
      swarm.sections.sslTorrents = []
      swarm.sections.sslTorrent(swarm.artifact.name, showing: "next", of: swarm.certificates)
      try swarm.configure()
      #expect(try await swarm.host.run("reload").exit == .code(0))
      for report in try await download.finish() {
        try #require(report.finished, "\(report)")
        // The one at its end.
        #expect(report.disconnects <= 1, "\(report)")
        #expect(try swarm.differences(report) == [])
      }
      var late = swarm.leecher("late", into: folder, at: "127.85.1.9")
      late.peers = [node.endpoint()]
      let report = try #require(try await LibtorrentSSL([late]).finish().first)
      #expect(report.finished, "\(report)")
      try await node.terminate()
    }

    private func configure(_ host: GranaryHost, _ certificates: CertificateFolder, node: String, trust: String) throws {
      var sections = TLSSections()
      sections.fleet(node, of: certificates, trust: trust)
      try host.configure(.securing("fleet", sections: sections))
    }

    private func reload(_ host: GranaryHost, _ certificates: CertificateFolder, node: String, trust: String) async throws {
      try configure(host, certificates, node: node, trust: trust)
      let result = try await host.run("reload")
      #expect(result.exit == .code(0), "\(result)")
    }

    /// What the members show from their next connection on.
    private func show(_ name: String, of certificates: CertificateFolder, in folder: TemporaryDirectory) throws {
      // One after the other: nobody connects in between, for nobody's connection ends before.
      try folder.write(certificates.folder.read(name + ".key"), to: "key")
      try folder.write(certificates.folder.read(name + ".pem"), to: "certificate")
    }
  }
}
