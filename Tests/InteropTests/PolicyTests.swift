import Foundation
import TestSupport
import Testing

extension Interop {
  /// Who is let in, who is not, and what is said of it.
  @Suite struct PolicyTests {
    @Test func `a peer that the allowlist does not have gets nothing, and we say why`() async throws {
      var configuration = GranaryConfiguration()
      configuration.allow = ["127.0.1.0/24"]
      let host = try GranaryHost(configuration)
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      var download = node.libtorrent(artifact, from: "127.0.2.5")
      // Time enough for dozens of whole downloads of this size.
      download.limit = .seconds(10)
      let folder = try TemporaryDirectory("download")
      let session = try #require(try await download.run(into: folder.path).sessions?.first)
      #expect(!session.finished)
      #expect(session.payload == 0)
      #expect(session.disconnects >= 1)

      let why = try await host.why("127.0.2.5:1", artifact.name)
      #expect(why.verdict == "deny")
      #expect(why.plugin == "allowlist")
      #expect(!why.reason.isEmpty)
      #expect(why.place?.contains("granary.yaml:") == true)
      let row = try #require(try await host.refusals(of: "127.0.2.5").first)
      #expect((row.plugin, row.verdict) == ("allowlist", "deny"))
      #expect(row.reason?.isEmpty == false)
      #expect(row.place?.contains("granary.yaml:") == true)
      try await node.terminate()
    }

    @Test func `a denied peer sees not one byte, whatever it names`() async throws {
      var configuration = GranaryConfiguration()
      configuration.allow = ["127.0.1.0/24"]
      let host = try GranaryHost(configuration)
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      for hash in [PeerBytes.hex(artifact.handshakeHash), [UInt8](repeating: 7, count: 20)] {
        let peer = try await RawPeer.dial(node.endpoint(), from: "127.0.2.6")
        await peer.send(PeerBytes.handshake(infoHash: hash))
        #expect(try await peer.bytes(1) == nil)
        #expect(try await peer.isHungUp())
      }
      try await node.terminate()
    }

    @Test func `HUP changes the allowlist for peers that are connected`() async throws {
      let host = try GranaryHost()
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      let (staying, leaving) = (
        try await RawPeer.dial(node.endpoint(), from: "127.0.1.1"), try await RawPeer.dial(node.endpoint(), from: "127.0.2.1")
      )
      for peer in [staying, leaving] {
        #expect(try await peer.shakeHands(artifact))
        #expect(try await peer.canDownload(piece: 0))
      }
      var stricter = GranaryConfiguration()
      stricter.allow = ["127.0.1.0/24"]
      try host.configure(stricter)
      node.process.send(SIGHUP)
      #expect(try await leaving.isHungUp())
      #expect(try await staying.gets(piece: 1))
      #expect(try await host.status().policyGeneration > node.status.policyGeneration)
      #expect(try await host.why("127.0.2.1:1", artifact.name).verdict == "deny")
      await staying.close()
      try await node.terminate()
    }

    @Test func `HUP with a broken file changes nothing and the node goes on`() async throws {
      let host = try GranaryHost()
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      let peer = try await RawPeer.dial(node.endpoint(), from: "127.0.1.1")
      #expect(try await peer.shakeHands(artifact))
      #expect(try await peer.canDownload(piece: 0))
      try host.folder.write(Array("pipeline: [ oops".utf8), to: "granary.yaml")
      node.process.send(SIGHUP)
      try host.configure(GranaryConfiguration())
      #expect(try await peer.gets(piece: 1))
      #expect(try await host.status().ready)
      await peer.close()
      try await node.terminate()
    }
  }
}
