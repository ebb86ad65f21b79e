import Foundation
import Inventory
import Metainfo
import Storage
import TestSupport
import Testing

extension Interop {
  /// A node that holds many artifacts and looks at each when somebody asks.
  @Suite struct ScaleTests {
    private static let count = 1000

    /// Artifacts of one small file each, verified, without a process for each.
    private func fill(_ host: GranaryHost) throws {
      let database = try InventoryDatabase.open(path: host.folder.path("state/inventory.sqlite"))
      let made = try (0..<Self.count).map { number in
        let path = "data/small/file-\(number)"
        try host.folder.write(Array("content of \(number)".utf8), to: path)
        let scan = try ArtifactScan.scan(path: host.folder.path(path))
        let blueprint = try TorrentBlueprint(
          name: scan.name, isSingleFile: true, files: scan.torrentFiles, pieceLength: 16_384, version: .v1)
        let hashed = try ArtifactHasher.hash(blueprint: blueprint, scan: scan, threads: 1)
        let (torrent, bytes) = try blueprint.finish(pieceHashes: hashed.pieceHashes, pieceLayers: hashed.pieceLayers)
        let identities = hashed.identities.first.flatMap { $0 }.map { [0: $0] } ?? [:]
        let evidence = Evidence(pieces: Bitfield(count: 1, filled: true), verifiedAt: .now(), method: .hashed)
        let data = ArtifactData(
          dataRoot: scan.root, torrentPath: nil, files: ArtifactFile.files(of: torrent, identities: identities), evidence: evidence,
          state: .ready)
        return NewArtifact(torrent: torrent, torrentBytes: bytes, data: data)
      }
      try database.add(made, at: .now())
      try database.close()
    }

    private func verifiedAt(_ host: GranaryHost) throws -> [Int64] {
      let database = try InventoryDatabase.open(readingAt: host.folder.path("state/inventory.sqlite"))
      defer { try? database.close() }
      return try database.artifacts().compactMap { try database.evidence(of: $0.id)?.verifiedAt.nanoseconds }
    }

    @Test func `one changed file among a thousand is not served until it verifies, and nothing else is read`() async throws {
      let host = try GranaryHost()
      let (changed, intact) = (try host.make(.singleFile, named: "changed"), try host.make(.singleFile, named: "intact", seed: 2))
      let (one, other) = (try await host.publish(changed), try await host.publish(intact))
      try fill(host)
      let before = try verifiedAt(host)
      let content = try host.folder.read("data/changed")
      var damaged = content
      damaged[0] ^= 1
      try host.folder.write(damaged, to: "data/changed")

      let node = try await host.start()
      #expect(node.status.artifacts == Self.count + 2)
      // It is in service by its entry, and found out by the first who asks.
      let refused = try await RawPeer.dial(node.endpoint())
      #expect(try await !refused.shakeHands(one))
      #expect(try await refused.isHungUp())
      let served = try await RawPeer.dial(node.endpoint())
      #expect(try await served.shakeHands(other))
      #expect(try await served.canDownload(piece: 0))
      let unknown = try await RawPeer.dial(node.endpoint())
      await unknown.send(PeerBytes.handshake(infoHash: [UInt8](repeating: 9, count: 20)))
      #expect(try await unknown.bytes(1) == nil)
      // Put back, it is another file than the one that was verified: it is read once more, and served.
      try host.folder.write(content, to: "data/changed")
      #expect(try await host.run("reload").exit == .code(0))
      try await eventuallyServed(node, one)
      try await eventuallyAllReady(host)
      let after = try verifiedAt(host)
      #expect(after.count == before.count && zip(before, after).count { $0 != $1 } == 1)
      try await node.terminate()
    }

    private func eventuallyAllReady(_ host: GranaryHost) async throws {
      for _ in 0..<100 {
        // Each question is a process of its own, which is pause enough.
        if try await host.list().artifacts.allSatisfy({ $0.state == "ready" }) { return }
      }
      throw ProcessFailure("not all are ready")
    }

    private func eventuallyServed(_ node: GranaryProcess, _ artifact: GranaryArtifact) async throws {
      for _ in 0..<200 {
        let peer = try await RawPeer.dial(node.endpoint())
        if try await peer.shakeHands(artifact) { return }
        await peer.close()
      }
      throw ProcessFailure("\(artifact.name) is not served")
    }
  }
}
