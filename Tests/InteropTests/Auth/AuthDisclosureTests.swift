import Foundation
import TestSupport
import Testing

extension Interop {
  /// What those see who cannot prove themselves.
  @Suite struct AuthDisclosureTests {
    private let some = ", required: [{ artifacts: [secret-*] }]"

    /// Everything that the node sends to a peer that shakes hands and then says what it is told to say, until it hangs up.
    private func capture(_ auth: AuthHost, _ hash: String, saying words: [[UInt8]], reserved: [UInt8]? = nil) async throws -> [UInt8] {
      let peer = try await RawPeer.dial(auth.node.endpoint())
      let reserved = reserved ?? [0, 0, 0, 0, 0, 0x10, 0, 0x04]
      await peer.send(PeerBytes.handshake(infoHash: PeerBytes.hex(hash), reserved: reserved) + words.flatMap { $0 })
      var all: [UInt8] = []
      while let byte = try await peer.bytes(1, within: .seconds(30)) { all += byte }
      #expect(try await peer.isHungUp())
      // What is random: the peer id and the nonce; what was asked for: the info-hash.
      return masked(all)
    }

    private func masked(_ bytes: [UInt8]) -> [UInt8] {
      var bytes = bytes
      for index in 28..<68 where index < bytes.count { bytes[index] = 0 }
      let mark = Array("1:n32:".utf8)
      guard bytes.count > mark.count + 32 else { return bytes }
      for start in 0..<bytes.count - mark.count - 32 where Array(bytes[start..<start + mark.count]) == mark {
        for index in start + mark.count..<start + mark.count + 32 { bytes[index] = 0 }
      }
      return bytes
    }

    @Test func `a protected artifact and one that there is not look the same`() async throws {
      let auth = try await AuthHost.make(settings: some, also: ["secret-plans"])
      let secret = try #require(auth.others.first)
      let unknown = String(repeating: "07", count: 20)
      let hello = PeerBytes.message(id: PeerBytes.ID.extended, [0] + Array("d1:md11:ut_metadatai1eee".utf8))
      let offer = Array("d1:md7:gr_authi5ee7:gr_authd1:n32:".utf8) + [UInt8](repeating: 9, count: 32) + Array("1:vi1eee".utf8)
      let proof = PeerBytes.message(
        id: PeerBytes.ID.extended, [1] + Array("d1:k7:fleet-11:p32:".utf8) + [UInt8](repeating: 3, count: 32) + Array("e".utf8))
      let interested = PeerBytes.message(id: PeerBytes.ID.interested)
      let dialogues: [(label: String, words: [[UInt8]], reserved: [UInt8]?)] = [
        ("a stock client", [hello, PeerBytes.message(id: PeerBytes.ID.haveNone), interested], nil),
        ("one without extended messages", [interested], [0, 0, 0, 0, 0, 0, 0, 0x04]),
        ("one of v2", [hello], [0, 0, 0, 0, 0, 0x10, 0, 0x14]),
        ("a wrong proof", [PeerBytes.message(id: PeerBytes.ID.extended, [0] + offer), proof], nil),
        ("a proof out of turn", [proof], nil),
      ]
      for dialogue in dialogues {
        let one = try await capture(auth, secret.handshakeHash, saying: dialogue.words, reserved: dialogue.reserved)
        let other = try await capture(auth, unknown, saying: dialogue.words, reserved: dialogue.reserved)
        #expect(one == other, "\(dialogue.label)")
        #expect(!one.isEmpty, "\(dialogue.label)")
        // The handshake, and the offer where the peer can read it: nothing of pieces, nothing of metadata.
        #expect(!String(decoding: one, as: UTF8.self).contains("ut_metadata"), "\(dialogue.label)")
        #expect(one.count < 68 + 110, "\(dialogue.label): \(one.count) bytes")
      }
      try await auth.node.terminate()
    }

    @Test func `who is refused and goes on talking costs no memory`() async throws {
      let auth = try await AuthHost.make()
      let offer = Array("d1:md7:gr_authi5ee7:gr_authd1:n32:".utf8) + [UInt8](repeating: 9, count: 32) + Array("1:vi1eee".utf8)
      let proof = Array("d1:k7:fleet-11:p32:".utf8) + [UInt8](repeating: 3, count: 32) + Array("e".utf8)
      let words =
        PeerBytes.handshake(infoHash: PeerBytes.hex(auth.artifact.handshakeHash))
        + PeerBytes.message(id: PeerBytes.ID.extended, [0] + offer) + PeerBytes.message(id: PeerBytes.ID.extended, [1] + proof)
      let before = try auth.node.residentMemory()
      let talk = [UInt8](repeating: 0, count: 64 << 20)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            let peer = try await RawPeer.dial(auth.node.endpoint())
            await peer.send(words)
            // Until the offer and the refusal are through.
            _ = try await peer.bytes(68)
            await peer.send(talk)
            _ = try await peer.isHungUp()
          }
        }
        try await group.waitForAll()
      }
      #expect(try auth.node.residentMemory() - before < 32 << 20)
      try await auth.node.terminate()
    }

    @Test func `stock clients have an open artifact beside a protected one`() async throws {
      try await NetworkNamespaces.with(3) { network in
        let (ours, theirs, trackers) = (network.members[0], network.members[1], network.members[2])
        var configuration = GranaryConfiguration.within(ours)
        configuration.auth = "{ keys: auth.yaml, requires: none\(some) }"
        let host = try GranaryHost(configuration, in: ours)
        try AuthHost.write(["keys:", "  - { id: fleet-1, secret: \(AuthHost.secret) }"], to: "auth.yaml", in: host)
        let original = try host.make(.manySmallFiles)
        let artifact = try await host.publish(original, "--v1", "--tracker", OpenTracker.announce(trackers.address))
        let secret = try await host.publish(try host.make(.singleFile, named: "secret-plans"), "--v1")
        let tracker = try await OpenTracker.start(at: trackers.address, in: trackers, for: [artifact])
        let node = try await host.start()
        try await tracker.waitUntilNaming(node.endpoint(), for: artifact)
        for client in StockClient.allCases {
          try await expectDownload(Download(client: client, source: .torrent(artifact.torrent), member: theirs), equals: original)
        }
        var denied = Download(client: .libtorrent, source: .torrent(secret.torrent), member: theirs, peers: [node.endpoint()])
        denied.limit = .seconds(10)
        let folder = try TemporaryDirectory("denied")
        let session = try #require(try await denied.run(into: folder.path).sessions?.first)
        #expect(!session.finished && session.payload == 0)
        #expect(try await host.refusals(of: theirs.address).contains { $0.reason == "the peer does not know gr_auth" })
        try await node.terminate()
      }
    }

    @Test func `on TLS a proof is for its own link alone`() async throws {
      let pki = try await FleetPKI.make(members: ["depot", "edge"])
      var sections = TLSSections()
      sections.fleet = pki.fleet("depot")
      var configuration = GranaryConfiguration.securing("fleet", sections: sections)
      configuration.auth = "{ keys: auth.yaml }"
      let auth = try await AuthHost.make(configuration)
      let client = try await AuthClient.make()
      let arguments = [
        "--peer", auth.node.endpoint(), "--certificate", pki.certificate("edge"), "--private", pki.key("edge"), "--hash",
        auth.artifact.handshakeHash, "--key", "fleet-1", "--secret", AuthHost.secret,
      ]
      let good = try await client.link(arguments)
      #expect(good.asked && good.proven && good.after.first == 20, "\(good)")
      for wrong in [["--exporter", String(repeating: "11", count: 32)], ["--none"]] {
        let relayed = try await client.link(arguments + wrong)
        #expect(relayed.asked && !relayed.proven && relayed.after.isEmpty, "\(relayed)")
      }
      #expect(try await auth.reasons().filter { $0.contains("of another connection or link") }.count >= 1)
      try await auth.node.terminate()
    }

    @Test func `auth on a plain link is refused unless the operator has said so`() async throws {
      var configuration = GranaryConfiguration()
      configuration.auth = "{ keys: auth.yaml }"
      let auth = try await AuthHost.make(configuration)
      let peer = try await RawPeer.dial(auth.node.endpoint())
      await peer.send(PeerBytes.handshake(infoHash: PeerBytes.hex(auth.artifact.handshakeHash)))
      #expect(try await peer.bytes(1) == nil)
      #expect(try await auth.reasons().contains { $0.contains("auth is for links over TLS") })
      try await auth.node.terminate()
    }
  }
}
