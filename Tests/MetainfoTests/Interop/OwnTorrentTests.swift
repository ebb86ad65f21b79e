import Foundation
import Metainfo
import TestSupport
import Testing

/// Torrents of ours, as others read them.
@Suite struct OwnTorrentTests {
  private typealias File = TorrentFixtures.File

  struct Sample: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let name: String
    let files: [TorrentFixtures.File]
    var isSingleFile = false
    var pieceLength = 16_384
  }

  static let samples: [Sample] = [
    Sample(testDescription: "mixed", name: "sample", files: TorrentFixtures.sampleFiles),
    Sample(testDescription: "single", name: "one.bin", files: [File("one.bin", TorrentFixtures.content(100_000))], isSingleFile: true),
    Sample(testDescription: "single small", name: "s", files: [File("s", TorrentFixtures.content(100))], isSingleFile: true),
    Sample(
      testDescription: "larger pieces", name: "big",
      files: [
        File("a", TorrentFixtures.content(300_000)), File("b", TorrentFixtures.content(65_536)), File("c", TorrentFixtures.content(90_000)),
      ],
      pieceLength: 65_536),
    Sample(
      testDescription: "empty files at both ends", name: "empties",
      files: [
        File("a"), File("b", TorrentFixtures.content(20_000)), File("c"), File("d", TorrentFixtures.content(7)), File("e"), File("f"),
      ]),
    Sample(testDescription: "one file in folders", name: "nested", files: [File("a/b/c/d", TorrentFixtures.content(40_000))]),
    Sample(
      testDescription: "order", name: "order",
      files: ["a/z", "a.txt", "a-b/c", "a/é", "Z", "é/x"].map { File($0, TorrentFixtures.content(17_000)) }),
    Sample(
      testDescription: "symlinks", name: "links",
      files: [File("a/b", TorrentFixtures.content(17_000)), File("a/l", symlinkTo: "a/b"), File("d", symlinkTo: "a"), File("z", [1])]),
  ]

  @Test(.enabled(if: ExternalTool.hasLibtorrent, "python3-libtorrent is missing"), arguments: samples, TorrentVersion.allCases)
  func libtorrentReadsThem(_ sample: Sample, _ version: TorrentVersion) throws {
    let folder = try TemporaryDirectory("metainfo")
    let (torrent, bytes) = try TorrentFixtures.torrent(
      version, name: sample.name, files: sample.files, isSingleFile: sample.isSingleFile, pieceLength: sample.pieceLength)
    let answer = try Libtorrent.read(try folder.write(bytes, to: "ours.torrent"))
    #expect(answer.v1 == torrent.infoHash.v1?.description)
    #expect(answer.v2 == torrent.infoHash.v2?.description)
    #expect(answer.name == sample.name)
    #expect(answer.isPrivate)
    #expect(answer.pieceLength == torrent.layout.pieceLength)
    #expect(answer.pieces == torrent.layout.pieceCount)
    #expect(answer.hashes.joined() == Hex.encode(torrent.pieceHashes))
    let files = torrent.layout.files.indices.filter { !torrent.layout.files[$0].isPadding }
    let theirs = answer.files.filter { !$0.pad }
    #expect(theirs.map(\.path) == files.map { torrent.relativePath(ofFile: $0)?.joined(separator: "/") })
    #expect(theirs.map(\.size) == files.map { torrent.layout.files[$0].length })
    #expect(theirs.map(\.executable) == files.map { torrent.layout.files[$0].isExecutable })
    #expect(theirs.map { !$0.symlink.isEmpty } == files.map { torrent.layout.files[$0].symlinkTarget != nil })
    if version.hasV2 {
      let roots = files.map { torrent.layout.files[$0].piecesRoot ?? .zero }
      #expect(theirs.map { $0.root.isEmpty ? SHA256Digest.zero.description : $0.root } == roots.map(\.description))
    }
  }

  @Test(.enabled(if: ExternalTool.transmissionShow.isInstalled, "transmission-show is missing"), arguments: samples)
  func transmissionReadsThoseOfVersion1(_ sample: Sample) throws {
    try Self.expectTransmissionReads(sample, .v1)
  }

  @Test(
    .enabled(
      if: ExternalTool.transmissionReadsHybrids,
      "this transmission-show is missing, or older than 4.0 and reads nobody's hybrid torrents: empty keys are an error to it"),
    arguments: samples)
  func transmissionReadsHybrids(_ sample: Sample) throws {
    try Self.expectTransmissionReads(sample, .hybrid)
  }

  private static func expectTransmissionReads(_ sample: Sample, _ version: TorrentVersion) throws {
    let folder = try TemporaryDirectory("metainfo")
    let (torrent, bytes) = try TorrentFixtures.torrent(
      version, name: sample.name, files: sample.files, isSingleFile: sample.isSingleFile, pieceLength: sample.pieceLength)
    let output = try ExternalTool.transmissionShow.run([try folder.write(bytes, to: "ours.torrent")])
    #expect(output.contains("Hash: \(torrent.infoHash.v1?.description ?? "none")\n"))
    #expect(output.contains("Name: \(sample.name)\n"))
    #expect(output.contains("Piece Count: \(torrent.layout.pieceCount)\n"))
    #expect(output.contains("Private torrent"))
  }

  /// Both hash the same files on disk: pieces and roots must be the same, whatever else the two write.
  @Test(.enabled(if: ExternalTool.hasLibtorrent, "python3-libtorrent is missing"), arguments: TorrentVersion.allCases)
  func libtorrentComputesTheSameHashes(_ version: TorrentVersion) throws {
    let files = TorrentFixtures.sampleFiles.filter { $0.symlinkTarget == nil }
    let folder = try ForeignTorrentTests.sampleFolder(withSymlinks: false)
    let ours = try TorrentFixtures.torrent(version, files: files).torrent
    _ = try Libtorrent.make(folder.path("sample"), version: version.rawValue, output: folder.path("lt.torrent"))
    let theirs = try Torrent.decode(try folder.read("lt.torrent")).torrent
    #expect(theirs.layout.files.compactMap(\.piecesRoot) == ours.layout.files.compactMap(\.piecesRoot))
    #expect(theirs.pieceLayers == ours.pieceLayers)
    // libtorrent pads the last file of a hybrid too, which changes the last piece; v1 files are in another order.
    if version == .hybrid { #expect(theirs.pieceHashes.dropLast(20) == ours.pieceHashes.dropLast(20)) }
    #expect(theirs.layout.contentLength == ours.layout.contentLength)
  }
}
