import Foundation
import TestSupport
import Testing

extension Interop {
  /// Two nodes of ours on two machines of a network, and what somebody on the wire between them can read.
  @Suite struct FleetTests {
    @Test func `what one node has of another over TLS, nobody on the wire can read`() async throws {
      try await NetworkNamespaces.with(2) { network in
        let pki = try await FleetPKI.make(members: ["depot", "edge"])
        var depot = TLSSections()
        depot.fleet = pki.fleet("depot")
        depot.extra = ["links: tls"]
        var edge = TLSSections()
        edge.fleet = pki.fleet("edge")
        edge.peers = ["{ address: \"\(network.members[0].address):6891\", tls: fleet }"]
        edge.extra = ["links: tls"]
        let (artifact, capture) = try await meet(network, depot, edge, isSecure: true)
        for hash in artifact.trackerHashes {
          #expect(!capture.holds(PeerBytes.hex(hash)))
          #expect(!capture.holds(hash))
        }
        #expect(!capture.holds("project-nightingale"))
        #expect(!capture.holds("BitTorrent protocol"))
        // The handshake is there to be seen, and TLS 1.3 was chosen: supported_versions of the ServerHello.
        #expect(capture.holds([0x16, 0x03, 0x01]))
        #expect(capture.holds([0x00, 0x2B, 0x00, 0x02, 0x03, 0x04]))
      }
    }

    @Test func `a member whose certificate granary pki has revoked is served no more, and others are`() async throws {
      let pki = try await FleetPKI.make(members: ["depot", "edge", "lost"])
      var sections = TLSSections()
      sections.fleet = pki.fleet("depot")
      let host = try GranaryHost(.securing("fleet", sections: sections))
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      let probes = ["edge", "lost"].map { name in
        var probe = TLSProbe(label: name, peer: node.endpoint(), bind: "127.87.0.1", probe: .fetch)
        (probe.certificate, probe.key, probe.hash) = (pki.certificate(name), pki.key(name), artifact.handshakeHash)
        return probe
      }
      for sight in try await TLSProbe.run(probes) { #expect(sight.served, "\(sight)") }
      try await pki.run("revoke", "lost")
      #expect(try await host.run("reload").exit == .code(0))
      let sights = try await TLSProbe.run(probes)
      #expect(sights.map(\.served) == [true, false], "\(sights)")
      #expect(try await host.refusals(of: "127.87.0.1").contains { $0.reason?.contains("revoked") == true })
      let news = try #require(try await host.status().tls)
      #expect(news.stood == ["fleet": 3] && news.failed["revoked"] == 1, "\(news)")
      try await node.terminate()
    }

    /// That the search finds what is there to be found.
    @Test func `over a plain link all of that can be read`() async throws {
      try await NetworkNamespaces.with(2) { network in
        var edge = TLSSections()
        edge.peers = ["{ address: \"\(network.members[0].address):6891\" }"]
        let (artifact, capture) = try await meet(network, TLSSections(), edge, isSecure: false)
        #expect(capture.holds(PeerBytes.hex(artifact.handshakeHash)))
        #expect(capture.holds("BitTorrent protocol"))
      }
    }

    /// Has two nodes with the same artifact meet, the second dialing the first; gives the artifact and what crossed the wire.
    private func meet(
      _ network: NetworkNamespaces, _ depot: TLSSections, _ edge: TLSSections, isSecure: Bool
    ) async throws -> (artifact: GranaryArtifact, capture: Data) {
      let hosts = try zip(network.members, [depot, edge]).map { try host($0, $1, isSecure: isSecure) }
      var artifacts: [GranaryArtifact] = []
      for host in hosts {
        let data = try Artifacts.file(500_001, in: host.folder, named: "data/project-nightingale", seed: 3)
        artifacts.append(try await host.publish(data))
      }
      #expect(artifacts[0].handshakeHash == artifacts[1].handshakeHash)
      let capture = try await Capture.start(on: network.members[1])
      let nodes = [try await hosts[0].start(), try await hosts[1].start()]
      for (host, other) in zip(hosts, network.members.reversed()) {
        let principals = try await principalsLetIn(host, other)
        if isSecure { #expect(principals.allSatisfy { $0.contains("spiffe://corp/") }, "\(principals)") }
      }
      for node in nodes { try await node.terminate() }
      return (artifacts[0], try await capture.finish())
    }

    private func host(_ member: NetworkNamespaces.Member, _ sections: TLSSections, isSecure: Bool) throws -> GranaryHost {
      var configuration = GranaryConfiguration.within(member)
      configuration.extra = sections.lines
      configuration.listen = isSecure ? [] : ["\(member.address):6891"]
      if isSecure {
        configuration.secureListen = [("\(member.address):6891", "fleet")]
        configuration.allow = []
        configuration.identities = ["fleet/spiffe://corp/*"]
      }
      return try GranaryHost(configuration, in: member)
    }

    /// Both have everything, so they part as soon as they have met; the journal keeps that they were let in.
    private func principalsLetIn(_ host: GranaryHost, _ other: NetworkNamespaces.Member) async throws -> [String] {
      let deadline = ContinuousClock.now + .seconds(20)
      while true {
        let rows = try await host.journal()
        let allowed = rows.filter { $0.verdict == "allow" && $0.operation == "connect" && $0.host == other.address }
        if !allowed.isEmpty { return allowed.map { $0.principal ?? "nobody" } }
        guard ContinuousClock.now < deadline else { throw ProcessFailure("they did not meet: \(rows)") }
      }
    }
  }
}
