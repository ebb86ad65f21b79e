import Foundation
import TestSupport
import Testing

extension Interop {
  /// Files that change while parts of them are mapped and on their way out.
  @Suite struct WindowTests {
    private static let size = 9_000_000

    /// A node with an artifact whose windows are mapped: two libtorrents have had all of it.
    private func warmNode() async throws -> (host: GranaryHost, original: String, artifact: GranaryArtifact, node: GranaryProcess) {
      let host = try GranaryHost()
      let original = try Artifacts.file(Self.size, in: host.folder, named: "data/prize")
      let artifact = try await host.publish(original, "--piece-length", "262144")
      let node = try await host.start()
      for _ in 0..<2 { try await expectDownload(node.libtorrent(artifact), equals: original) }
      return (host, original, artifact, node)
    }

    /// Peers that have asked for much and take nothing: slices of the windows wait in their links.
    private func deafPeers(_ count: Int, _ node: GranaryProcess, _ artifact: GranaryArtifact) async throws -> [RawPeer] {
      var peers: [RawPeer] = []
      for number in 0..<count {
        let peer = try await RawPeer.dial(node.endpoint(), from: "127.71.0.\(number + 1)")
        try #require(try await peer.shakeHands(artifact))
        try #require(try await peer.canDownload(piece: number % artifact.pieceCount))
        try await peer.setReading(false)
        let requests = (0..<400).flatMap { index in
          PeerBytes.message(
            id: PeerBytes.ID.request, PeerBytes.block((number + index / 16) % artifact.pieceCount, index % 16 * 16_384, 16_384))
        }
        await peer.send(requests)
        peers.append(peer)
      }
      return peers
    }

    private func isRight(_ payload: [UInt8], _ content: [UInt8], _ artifact: GranaryArtifact) throws -> Bool {
      let numbers = stride(from: 0, to: 8, by: 4).map { start in payload[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
      let begin = numbers[0] * artifact.pieceLength + numbers[1]
      return content[begin..<begin + payload.count - 8] == payload[8...]
    }

    private struct Leases: GranaryDocument {
      struct Counts: Decodable, Sendable { let windows: Int }
      static let schemaName = "granary.status/1"
      let leases: Counts
    }

    private func windows(_ host: GranaryHost) async throws -> Int {
      try GranaryJSON.decode(Leases.self, from: await host.json("status")).leases.windows
    }

    @Test(arguments: [
      ": > \"$0\"", "printf x | dd of=\"$0\" conv=notrunc status=none", "printf x >> \"$0\"", "rm \"$0\"",
      "printf x > \"$0.new\"; mv \"$0.new\" \"$0\"",
    ])
    func `whatever is done to the file, the writer is let through, nothing wrong goes out, and the node lives`(words: String) async throws {
      let (host, original, artifact, node) = try await warmNode()
      #expect(try await windows(host) == 1)
      let content = try host.folder.read("data/prize")
      let peers = try await deafPeers(5, node, artifact)
      #expect(try await ProcessRunner("sh", ["-c", words, original]).run(within: .seconds(20)).exit == .code(0))
      // Others are served on, and the one that changed is not.
      let other = try await host.publish(try host.make(.singleFile))
      try await expectDownload(node.libtorrent(other), equals: host.folder.path("data/singleFile"))
      for peer in peers {
        try await peer.setReading(true)
        while case .message(let id, let payload) = try await peer.next(within: .seconds(1)) {
          if id == PeerBytes.ID.piece { #expect(try isRight(payload, content, artifact)) }
        }
      }
      #expect(try await host.status().pid == node.pid)
      try await node.terminate()
    }
  }
}
