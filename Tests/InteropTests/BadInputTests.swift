import Foundation
import TestSupport
import Testing

extension Interop {
  /// Malformed, oversized, out-of-range and dripped bytes over real sockets.
  @Suite struct BadInputTests {
    @Test func `each violation ends its own connection, is in the journal, and the node goes on`() async throws {
      let host = try GranaryHost()
      let original = try host.make(.awkward)
      let artifact = try await host.publish(original)
      let node = try await host.start()
      let bystander = try await RawPeer.dial(node.endpoint(), from: "127.60.0.1")
      #expect(try await bystander.shakeHands(artifact))
      #expect(try await bystander.canDownload(piece: 0))
      for (index, violation) in Violation.all.enumerated() {
        try await provoke(violation, at: "127.60.1.\(index + 1)", node: node, artifact: artifact)
      }
      #expect(try await bystander.gets(piece: 1))
      #expect(try await host.status().pid == node.pid)
      try await expectDownload(node.libtorrent(artifact), equals: original)
      try await node.terminate()
    }

    private func provoke(_ violation: Violation, at address: String, node: GranaryProcess, artifact: GranaryArtifact) async throws {
      let peer = try await RawPeer.dial(node.endpoint(), from: address)
      if violation.afterHandshake { #expect(try await peer.shakeHands(artifact), "\(violation.name)") }
      await peer.send(violation.bytes(artifact))
      #expect(try await peer.isHungUp(), "\(violation.name): the connection stays open")
      let rows = try await node.host.refusals(of: address)
      #expect(rows.contains { $0.reason?.isEmpty == false }, "\(violation.name): nothing in the journal")
    }

    @Test func `a connection that says nothing, and one that drips, are ended in time`() async throws {
      var configuration = GranaryConfiguration()
      configuration.extra = ["limits: { handshake-timeout: 2 s }"]
      let host = try GranaryHost(configuration)
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      let silent = try await RawPeer.dial(node.endpoint(), from: "127.60.2.1")
      let dripping = try await RawPeer.dial(node.endpoint(), from: "127.60.2.2")
      let handshake = PeerBytes.handshake(infoHash: PeerBytes.hex(artifact.handshakeHash))
      for byte in handshake.dropLast() { await dripping.send([byte]) }
      #expect(try await silent.isHungUp())
      #expect(try await dripping.isHungUp())
      try await node.terminate()
    }

    @Test func `a peer that sends every byte by itself is served all the same`() async throws {
      let host = try GranaryHost()
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      let peer = try await RawPeer.dial(node.endpoint(), from: "127.60.3.1")
      for byte in PeerBytes.handshake(infoHash: PeerBytes.hex(artifact.handshakeHash)) { await peer.send([byte]) }
      try #require(try await peer.bytes(PeerBytes.handshakeLength) != nil)
      for byte in PeerBytes.message(id: PeerBytes.ID.interested) { await peer.send([byte]) }
      try #require(try await peer.first([PeerBytes.ID.unchoke]) != nil)
      for byte in PeerBytes.message(id: PeerBytes.ID.request, PeerBytes.block(0, 0, 16_384)) { await peer.send([byte]) }
      let piece = try await peer.first([PeerBytes.ID.piece])
      #expect(piece?.payload.count == 8 + 16_384)
      await peer.close()
      try await node.terminate()
    }

    @Test func `an unknown artifact and a half-closed connection get no answer`() async throws {
      let host = try GranaryHost()
      let node = try await host.start()
      let peer = try await RawPeer.dial(node.endpoint(), from: "127.60.4.1")
      await peer.send(PeerBytes.handshake(infoHash: [UInt8](repeating: 1, count: 20)))
      #expect(try await peer.bytes(1) == nil)
      #expect(try await peer.isHungUp())
      try await node.terminate()
    }
  }
}
