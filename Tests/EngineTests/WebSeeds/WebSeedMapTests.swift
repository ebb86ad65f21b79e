import HTTPClient
import Metainfo
import Testing

@testable import Engine

struct WebSeedMapTests {
  private static func torrent(_ files: [TorrentFile], isSingleFile: Bool = false) -> Torrent {
    Torrent(
      infoHash: InfoHash(v1: .hash(of: [1])), name: "app 1", isSingleFile: isSingleFile,
      layout: PieceLayout(files: files, pieceLength: 32_768, isFileAligned: false), isPrivate: true, source: nil, trackers: [],
      webSeeds: [], infoBytes: [], pieceHashes: [], pieceLayers: [:])
  }

  private func map(_ torrent: Torrent, _ base: String) throws -> WebSeedMap { WebSeedMap(torrent, base: try HTTPURL(base)) }

  @Test(arguments: [
    ("http://a/x.iso", "http://a/x.iso"), ("http://a/dir/", "http://a/dir/app%201"), ("http://a/x.iso?key=1", "http://a/x.iso?key=1"),
  ])
  func `Of a single file the URL is the file's, or its folder's`(base: String, url: String) throws {
    let parts = try map(Self.torrent([TorrentFile(path: ["app 1"], length: 100)], isSingleFile: true), base).parts(of: 10..<90)
    #expect(parts == [.init(file: 0, url: try HTTPURL(url), range: 10..<90)])
  }

  @Test(arguments: ["http://a/dir", "http://a/dir/"])
  func `Of several files the URL is the folder that the torrent's own lies in`(base: String) throws {
    let torrent = Self.torrent([
      TorrentFile(path: ["a", "ä?.bin"], length: 100), TorrentFile(path: [".pad", "28"], length: 28, isPadding: true),
      TorrentFile(path: ["b"], length: 0), TorrentFile(path: ["c"], length: 72),
    ])
    let parts = try map(torrent, base).parts(of: 50..<150)
    #expect(parts.map(\.file) == [0, 3] && parts.map(\.range) == [50..<100, 0..<22])
    #expect(parts.map { "\($0.url)" } == ["http://a/dir/app%201/a/%C3%A4%3F.bin", "http://a/dir/app%201/c"])
    #expect(try map(torrent, base).parts(of: 100..<128).isEmpty)
  }

  @Test func `A Content-Range is of the part that was asked for, and of the whole file`() throws {
    let torrent = Self.torrent([TorrentFile(path: ["app 1"], length: 100)], isSingleFile: true)
    let part = try #require(try map(torrent, "http://a/x").parts(of: 10..<90).first)
    for right in ["bytes 10-89/100", "bytes 10-89/*"] { #expect(WebSeed.says(right, part, torrent), "\(right)") }
    for wrong in ["bytes 10-89/101", "bytes 10-90/100", "bytes 0-89/100", "bytes */100", "", "10-89/100", "bytes 10-89/"] {
      #expect(!WebSeed.says(wrong, part, torrent), "\(wrong)")
    }
  }

  @Test func `Blocks that follow each other are asked for together`() {
    let blocks = [(1, 0), (0, 16_384), (0, 0), (1, 32_768)].map {
      Block(piece: UInt32($0.0), offset: UInt32($0.1), length: UInt32(Block.standardLength))
    }
    let runs = WebSeed.runs(blocks)
    #expect(runs.map { $0.map(\.offset) } == [[0, 16_384], [0], [32_768]] && runs.map { $0[0].piece } == [0, 1, 1])
  }
}
