import Foundation
import TestSupport
import Testing

extension Interop {
  /// libtorrent, told of our node, on loopback.
  @Suite struct LibtorrentTests {
    @Test(arguments: ["--v1", "--hybrid", "--v2"], [Artifacts.singleFile, .awkward])
    func `each kind of torrent arrives whole`(kind: String, payload: Artifacts) async throws {
      let host = try GranaryHost()
      let original = try host.make(payload)
      let artifact = try await host.publish(original, kind)
      let node = try await host.start()
      try await expectDownload(node.libtorrent(artifact), equals: original)
      try await node.terminate()
    }

    @Test func `hundreds of small files arrive whole`() async throws {
      let host = try GranaryHost()
      let original = try host.make(.manySmallFiles)
      let artifact = try await host.publish(original)
      let node = try await host.start()
      try await expectDownload(node.libtorrent(artifact), equals: original)
      try await node.terminate()
    }

    @Test(arguments: ["--v1", "--hybrid"])
    func `a magnet link is enough: the metadata comes from us`(kind: String) async throws {
      let host = try GranaryHost()
      let original = try host.make(.awkward)
      let artifact = try await host.publish(original, kind)
      let node = try await host.start()
      var download = node.libtorrent(artifact)
      download.source = .magnet(artifact.magnet)
      let folder = try TemporaryDirectory("download")
      let report = try await download.run(into: folder.path)
      try expectComplete(report, download, in: folder.path, equals: original)
      let session = try #require(report.sessions?.first)
      #expect(session.metadataReceived)
      #expect(session.infoHashV1 == artifact.infoHashV1)
      try await node.terminate()
    }

    @Test func `a peer on IPv6 is served`() async throws {
      var configuration = GranaryConfiguration()
      configuration.listen = ["[::1]:0"]
      let host = try GranaryHost(configuration)
      let original = try host.make(.awkward)
      let artifact = try await host.publish(original)
      let node = try await host.start()
      try await expectDownload(node.libtorrent(artifact, from: "::1"), equals: original)
      try await node.terminate()
    }

    @Test func `fifty clients at once all get every byte`() async throws {
      let host = try GranaryHost()
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original)
      let node = try await host.start()
      var download = node.libtorrent(artifact)
      download.options = ["--sessions", "50"]
      let folder = try TemporaryDirectory("download")
      let report = try await download.run(into: folder.path)
      let sessions = try #require(report.sessions)
      #expect(report.ok, "\(sessions.filter { !$0.finished })")
      #expect(Set(sessions.map(\.bind)).count == 50)
      for session in sessions {
        #expect(try TreeComparison.differences(expected: original, actual: session.folder + "/singleFile") == [])
      }
      #expect(try await host.status().uploaded >= 50 * artifact.size)
      try await node.terminate()
    }

    @Test func `an artifact published while the node runs is served`() async throws {
      let host = try GranaryHost()
      let node = try await host.start()
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original)
      try await expectDownload(node.libtorrent(artifact), equals: original)
      try await node.terminate()
    }
  }
}
