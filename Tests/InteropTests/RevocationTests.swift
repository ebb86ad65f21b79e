import Foundation
import TestSupport
import Testing

extension Interop {
  /// One of two hundred peers that are downloading loses what it was allowed.
  @Suite struct RevocationTests {
    /// What the crowd saw.
    private struct Report: Decodable {
      let command: Int
      let address: String
      /// Bytes that came to the peer after the command had returned.
      let bytesAfter: Int
      let blocksBefore: Int
      let goneAfter: Double
      let how: String
      let peers: Int
      let gone: Int
      let bad: Int
      let missing: Int
      let rejected: Int
      let choked: Int
      let blocks: Int
    }

    private static let peers = (0..<200).map { "127.9.0.\($0 + 1)" }
    /// Of each peer's receive buffer.
    private static let buffer = 65_536
    /// Requests that each peer has open.
    private static let depth = 8
    /// What was asked for when the peer was told to go may be on its way, and beside it small messages.
    private static let onItsWay = depth * (13 + 16_384) + 1024

    @Test func `a peer of two hundred is cut off by a reload, and the others lose nothing`() async throws {
      var configuration = GranaryConfiguration()
      configuration.allow = Self.peers
      let host = try GranaryHost(configuration)
      let path = try Artifacts.file(32 << 20, in: host.folder, named: "data/release.bin", seed: 9)
      let artifact = try await host.publish(path, "--v1", "--piece-length", "256KiB")
      let node = try await host.start()

      let leaving = 77
      configuration.allow.remove(at: leaving)
      try host.folder.write(Array(configuration.yaml.utf8), to: "next.yaml")
      let report = try await crowd(host, node, artifact, path, leaving)
      #expect(report.command == 0)
      #expect(report.address == Self.peers[leaving])
      #expect(report.blocksBefore >= 10)
      // Nothing that waited in the node or in its kernel went out: the link was reset.
      #expect(report.how == "ECONNRESET")
      #expect(report.bytesAfter <= Self.onItsWay)
      #expect((report.peers, report.gone, report.bad, report.missing) == (199, 0, 0, 0))
      #expect((report.rejected, report.choked) == (0, 0))
      print("revocation: \(report.bytesAfter) bytes after the reload, gone \(report.goneAfter) s after it")

      let row = try #require(try await host.refusals(of: report.address).first)
      #expect((row.plugin, row.verdict) == ("allowlist", "deny"))
      #expect(try await host.why("\(report.address):1", artifact.name).verdict == "deny")
      try await node.terminate()
    }

    private func crowd(
      _ host: GranaryHost, _ node: GranaryProcess, _ artifact: GranaryArtifact, _ path: String, _ leaving: Int
    ) async throws -> Report {
      let (next, current) = (host.folder.path("next.yaml"), host.folder.path("granary.yaml"))
      let change = #"mv "$1" "$2" && exec "$0" reload --config "$2""#
      let options = [
        "--endpoint", node.endpoint(), "--info-hash", try #require(artifact.infoHashV1), "--piece-length", String(artifact.pieceLength),
        "--data", path, "--peers", String(Self.peers.count), "--leaves", String(leaving), "--buffer", String(Self.buffer),
        "--depth", String(Self.depth), "--", "/bin/sh", "-c", change, host.binary, next, current,
      ]
      let text = try await PythonScript.runner("crowd_peers.py", options).output(within: .seconds(150))
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Report.self, from: Data(text.utf8))
    }
  }
}
