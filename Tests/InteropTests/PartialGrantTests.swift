import Foundation
import TestSupport
import Testing

extension Interop {
  /// A gate that gives one file of three.
  @Suite struct PartialGrantTests {
    private func publishParts() async throws -> (host: GranaryHost, original: String, artifact: GranaryArtifact) {
      var configuration = GranaryConfiguration()
      configuration.requestRules = ["{ files: [\"open.bin\"], reason: \"the open part\" }"]
      let host = try GranaryHost(configuration)
      let original = try host.make(.parts)
      return (host, original, try await host.publish(original, "--hybrid", "--piece-length", "65536"))
    }

    @Test func `libtorrent gets exactly the file that is granted`() async throws {
      let (host, original, artifact) = try await publishParts()
      let node = try await host.start()
      var download = node.libtorrent(artifact)
      download.options = ["--only", "*/open.bin"]
      let folder = try TemporaryDirectory("download")
      let report = try await download.run(into: folder.path)
      try #require(report.ok, "\(report)")
      let differences = try TreeComparison.differences(expected: original, actual: folder.path("parts"))
      #expect(differences == ["missing: note.txt", "missing: secret.bin"])
      try await node.terminate()
    }

    @Test func `the bitfield shows only pieces of that file, and a block of another file is rejected without data`() async throws {
      let (host, original, artifact) = try await publishParts()
      let node = try await host.start()
      let peer = try await RawPeer.dial(node.endpoint(), from: "127.0.0.3")
      #expect(try await peer.shakeHands(artifact))
      let granted = try #require(artifact.pieces(ofFile: "open.bin"))
      let secret = try #require(artifact.pieces(ofFile: "secret.bin"))
      #expect(try await peer.announcedPieces(of: artifact) == Set(granted))

      await peer.send(id: PeerBytes.ID.interested)
      try #require(try await peer.first([PeerBytes.ID.unchoke]) != nil)
      let refused = PeerBytes.block(secret.lowerBound, 0, 16_384)
      await peer.send(id: PeerBytes.ID.request, refused)
      #expect(try await peer.next() == .message(id: PeerBytes.ID.reject, payload: refused))

      await peer.send(id: PeerBytes.ID.request, PeerBytes.block(granted.lowerBound, 16_384, 16_384))
      let data = try [UInt8](Data(contentsOf: URL(fileURLWithPath: original + "/open.bin")))[16_384..<32_768]
      let head = PeerBytes.number(UInt32(granted.lowerBound)) + PeerBytes.number(16_384)
      #expect(try await peer.next() == .message(id: PeerBytes.ID.piece, payload: head + data))
      await peer.close()
      try await node.terminate()
    }
  }
}
