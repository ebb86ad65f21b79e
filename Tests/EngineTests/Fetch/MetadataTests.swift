import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Plugins
import TestSupport
import Testing

@testable import Engine

/// Metadata of magnet links from seeds that give it out.
@Suite struct MetadataTests {
  private static let id: Int64 = -3

  @Test(arguments: [TorrentVersion.v1, .hybrid, .v2])
  func `a torrent is had from a peer that has it, with its piece layers`(version: TorrentVersion) async throws {
    let artifact = try TestArtifact(["a.bin": 300_000, "b.bin": 20_000, "c.bin": 100_000], pieceLength: 16_384, version: version)
    let metadata = try MetadataPlugin(settings: NoSettings(), services: PolicyFixtures.services())
    try await EngineRig.run([artifact.seeded()], plugins: [metadata]) { seed in
      try await EngineRig.run([], settings: EngineRig.settings { $0.dials = true }, peerID: 2) { rig in
        let order = MetadataOrder(id: Self.id, infoHash: artifact.torrent.infoHash, name: "a link")
        rig.engine.beginMetadata(order)
        rig.engine.dial(seed.address, artifact: Self.id, isStatic: true)
        async let torrent = rig.engine.metadata(of: order)
        _ = try await eventually("its end") {
          await rig.engine.tick()
          return rig.engine.isServing(Self.id) ? nil : ()
        }
        #expect(try await torrent == artifact.torrent)
      }
    }
  }

  @Test func `a peer that gives something else is refused, and the torrent is had from another`() async throws {
    let artifact = try TestArtifact(["a.bin": 300_000])
    try await EngineRig.run([], peerID: 2) { rig in
      let order = MetadataOrder(id: Self.id, infoHash: artifact.torrent.infoHash, name: "a link")
      rig.engine.beginMetadata(order)
      async let torrent = rig.engine.metadata(of: order)
      var wrong = artifact.torrent.infoBytes
      wrong[20] ^= 1
      for (bytes, source) in [(wrong, "127.0.0.7"), (artifact.torrent.infoBytes, "127.0.0.8")] {
        let peer = try await rig.peer(artifact, from: source)
        var handshake = ExtendedHandshake()
        handshake.messages = [MetadataMessage.name: 9]
        handshake.metadataSize = bytes.count
        try await peer.send(.extended(id: 0, ByteBuffer(bytes: handshake.encoded())))
        let ours = try await peer.extendedHandshake()
        _ = try await peer.next("a request for metadata") { message -> Int? in
          guard case .extended(id: 9, let payload) = message else { return nil }
          guard case .request(let piece)? = try? MetadataMessage.decode(payload) else { return nil }
          return piece
        }
        var answer = ByteBuffer()
        MetadataMessage.data(piece: 0, totalSize: bytes.count, ByteBuffer(bytes: bytes)).encode(into: &answer)
        try await peer.send(.extended(id: try #require(ours.messages[MetadataMessage.name]), answer))
      }
      #expect(try await torrent == artifact.torrent)
      let refusals = rig.journal.records.filter { $0.rule == "data" }
      #expect(refusals.map(\.principal) == ["127.0.0.7"])
    }
  }
}
