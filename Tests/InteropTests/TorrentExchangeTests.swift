import Foundation
import TestSupport
import Testing

extension Interop {
  /// Torrents both ways: ours read by others, theirs by us.
  @Suite struct TorrentExchangeTests {
    /// What `libtorrent_show.py` prints.
    private struct Shown: Decodable {
      let name: String
      let infoHashV1: String?
      let infoHashV2: String?
      let pieceLength: Int
      let size: Int
      let `private`: Bool
      let files: [GranaryArtifact.File]
      let trackers: [String]
    }

    private func show(_ torrent: String) async throws -> Shown {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Shown.self, from: Data(await PythonScript.runner("libtorrent_show.py", [torrent]).output().utf8))
    }

    @Test(arguments: ["--v1", "--hybrid", "--v2"])
    func `libtorrent reads our torrent as we described it`(kind: String) async throws {
      let host = try GranaryHost()
      let artifact = try await host.publish(try host.make(.awkward), kind, "--tracker", "http://127.0.0.1:1/announce")
      let shown = try await show(artifact.torrent)
      #expect(shown.infoHashV1 == artifact.infoHashV1)
      #expect(shown.infoHashV2 == artifact.infoHashV2)
      #expect((shown.name, shown.size, shown.pieceLength) == (artifact.name, artifact.size, artifact.pieceLength))
      #expect(shown.private == artifact.private)
      #expect(shown.files.map(\.length) == artifact.files.map(\.length))
      #expect(shown.trackers == ["http://127.0.0.1:1/announce"])
    }

    /// Version 3.00 reads no hybrid torrent, whoever made it.
    @Test func `transmission-show finds the same info-hash in our torrent`() async throws {
      let host = try GranaryHost()
      let artifact = try await host.publish(try host.make(.awkward), "--v1")
      let shown = try await ProcessRunner("transmission-show", [artifact.torrent]).output()
      #expect(shown.contains("Hash: \(artifact.infoHashV1 ?? "none")"))
      #expect(shown.contains("Privacy: Private torrent"))
    }

    @Test(arguments: ForeignTorrent.allCases)
    func `a torrent that another program made is taken in with its info-hash, and seeded`(_ maker: ForeignTorrent) async throws {
      let host = try GranaryHost()
      let original = try host.make(.awkward)
      let torrent = host.folder.path("foreign.torrent")
      try await maker.make(of: original, torrent: torrent).output()
      let shown = try await show(torrent)
      let artifact = try await host.add(torrent, data: host.folder.path("data"))
      #expect(artifact.infoHashV1 == shown.infoHashV1)
      #expect(artifact.infoHashV2 == shown.infoHashV2)
      #expect(artifact.files.map(\.length) == shown.files.map(\.length))
      let node = try await host.start()
      var download = node.libtorrent(artifact)
      download.source = .torrent(torrent)
      try await expectDownload(download, equals: original, leniency: maker.leniency)
      try await node.terminate()
    }

    @Test func `data that is none of the torrent's is refused`() async throws {
      let host = try GranaryHost()
      let torrent = host.folder.path("foreign.torrent")
      try await ForeignTorrent.libtorrentHybrid.make(of: try host.make(.singleFile), torrent: torrent).output()
      _ = try host.make(.singleFile, seed: 2)
      let result = try await host.run("add", torrent, "--data", host.folder.path("data"))
      #expect(result.exit == .code(65), "\(result)")
      #expect(try await host.list().artifacts.isEmpty)
    }

    @Test func `of data that is partly the torrent's, the rest is never sent`() async throws {
      let host = try GranaryHost()
      let original = try host.make(.awkward)
      let torrent = host.folder.path("foreign.torrent")
      try await ForeignTorrent.libtorrentHybrid.make(of: original, torrent: torrent).output()
      var bytes = try host.folder.read("data/awkward/sub/block")
      bytes[100] ^= 1
      try host.folder.write(bytes, to: "data/awkward/sub/block")
      let artifact = try await host.add(torrent, data: host.folder.path("data"))
      let node = try await host.start()
      var download = node.libtorrent(artifact)
      (download.source, download.limit) = (.torrent(torrent), .seconds(15))
      let folder = try TemporaryDirectory("download")
      let session = try #require(try await download.run(into: folder.path).sessions?.first)
      #expect(!session.finished)
      #expect(session.hashFailures == 0)
      #expect(session.payload > artifact.size - artifact.pieceLength)
      try await node.terminate()
    }
  }

  /// Programs that make torrents.
  enum ForeignTorrent: String, CaseIterable, CustomTestStringConvertible {
    case mktorrent, transmissionCreate, libtorrentV1, libtorrentHybrid, libtorrentV2

    var testDescription: String { rawValue }

    /// What is known to be missing in a torrent of this program's.
    var leniency: TreeComparison.Leniency { self == .transmissionCreate ? .emptyEntriesMayLack : .none }

    /// The command that makes the torrent.
    func make(of path: String, torrent: String) -> ProcessRunner {
      switch self {
      case .mktorrent: ProcessRunner("mktorrent", ["-p", "-l", "16", "-o", torrent, path])
      case .transmissionCreate:
        ProcessRunner("transmission-create", ["-p", "-t", "http://127.0.0.1:1/announce", "-s", "64", "-o", torrent, path])
      case .libtorrentV1: PythonScript.runner("libtorrent_create.py", ["--kind", "v1", path, torrent])
      case .libtorrentHybrid: PythonScript.runner("libtorrent_create.py", ["--kind", "hybrid", path, torrent])
      case .libtorrentV2: PythonScript.runner("libtorrent_create.py", ["--kind", "v2", path, torrent])
      }
    }
  }
}
