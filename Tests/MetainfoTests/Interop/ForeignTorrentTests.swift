import Foundation
import Metainfo
import TestSupport
import Testing

/// Torrents that others made, of files on disk: they load here with the info-hash that others compute.
@Suite struct ForeignTorrentTests {
  /// The sample files on disk, without the symlink where a tool follows it.
  static func sampleFolder(withSymlinks: Bool = true) throws -> TemporaryDirectory {
    let folder = try TemporaryDirectory("metainfo")
    for file in TorrentFixtures.sampleFiles {
      let path = "sample/" + file.path.joined(separator: "/")
      if let target = file.symlinkTarget {
        guard withSymlinks else { continue }
        try FileManager.default.createSymbolicLink(
          atPath: folder.path(path), withDestinationPath: target.joined(separator: "/"))
      } else {
        try folder.write(file.content, to: path)
        if file.isExecutable { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path(path)) }
      }
    }
    return folder
  }

  private static func hash(shownByTransmission path: String) throws -> String? {
    try ExternalTool.transmissionShow.run([path]).split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .first { $0.hasPrefix("Hash: ") }.map { String($0.dropFirst("Hash: ".count)) }
  }

  private static func content(_ torrent: Torrent) -> Set<String> {
    Set(torrent.layout.files.filter { !$0.isPadding && $0.symlinkTarget == nil }.map { "\($0.displayPath) \($0.length)" })
  }

  private static let expected = Set(
    TorrentFixtures.sampleFiles.filter { $0.symlinkTarget == nil }.map { "\($0.path.joined(separator: "/")) \($0.content.count)" })

  @Test(
    .enabled(
      if: ExternalTool.mktorrent.isInstalled && ExternalTool.transmissionShow.isInstalled, "mktorrent or transmission-show is missing"))
  func torrentsOfMktorrentLoad() throws {
    let folder = try Self.sampleFolder(withSymlinks: false)
    let path = folder.path("mk.torrent")
    try ExternalTool.mktorrent.run(
      ["-l", "15", "-p", "-s", "corp", "-a", "http://one/announce", "-a", "http://two/announce", "-w", "http://w/", "-o", path, "sample"],
      in: folder.path)
    let torrent = try Torrent.decode(try folder.read("mk.torrent")).torrent
    #expect(try torrent.infoHash.v1?.description == Self.hash(shownByTransmission: path))
    #expect(Self.content(torrent) == Self.expected)
    #expect(torrent.isPrivate && torrent.source == "corp" && torrent.name == "sample")
    #expect(torrent.trackers == [["http://one/announce"], ["http://two/announce"]])
    #expect(torrent.webSeeds == ["http://w/"])
    #expect(torrent.layout.pieceLength == 32_768)
  }

  @Test(
    .enabled(
      if: ExternalTool.transmissionCreate.isInstalled && ExternalTool.transmissionShow.isInstalled, "Transmission's tools are missing"))
  func torrentsOfTransmissionLoad() throws {
    let folder = try Self.sampleFolder(withSymlinks: false)
    let path = folder.path("tr.torrent")
    try ExternalTool.transmissionCreate.run(
      ["-s", "32", "-p", "-t", "http://one/announce", "-o", path, "sample"], in: folder.path)
    let torrent = try Torrent.decode(try folder.read("tr.torrent")).torrent
    #expect(try torrent.infoHash.v1?.description == Self.hash(shownByTransmission: path))
    // transmission-create leaves empty files out.
    #expect(Self.content(torrent) == Self.expected.filter { !$0.hasSuffix(" 0") })
    #expect(torrent.isPrivate)
  }

  @Test(
    .enabled(if: ExternalTool.hasLibtorrent, "python3-libtorrent is missing"), arguments: TorrentVersion.allCases)
  func torrentsOfLibtorrentLoad(_ version: TorrentVersion) throws {
    let folder = try Self.sampleFolder()
    let answer = try Libtorrent.make(folder.path("sample"), version: version.rawValue, output: folder.path("lt.torrent"))
    let decoded = try Torrent.decode(try folder.read("lt.torrent"))
    let torrent = decoded.torrent
    #expect(decoded.warnings.isEmpty)
    #expect(torrent.version == version)
    #expect(torrent.infoHash.v1?.description == answer.v1)
    #expect(torrent.infoHash.v2?.description == answer.v2)
    #expect(Self.content(torrent) == Self.expected)
    #expect(torrent.trackers == [["http://tracker.example/announce"]])
    #expect(torrent.layout.files.first { $0.symlinkTarget != nil }?.symlinkTarget == ["data", "exact"])
    #expect(torrent.encoded().count < (try folder.read("lt.torrent").count), "all but the creation date is kept")
  }

  @Test(
    .enabled(if: ExternalTool.hasLibtorrent, "python3-libtorrent is missing"), arguments: TorrentVersion.allCases)
  func singleFilesOfLibtorrentLoad(_ version: TorrentVersion) throws {
    let folder = try TemporaryDirectory("metainfo")
    let file = try folder.write(TorrentFixtures.content(100_000), to: "one.bin")
    let answer = try Libtorrent.make(file, version: version.rawValue, output: folder.path("lt.torrent"))
    let torrent = try Torrent.decode(try folder.read("lt.torrent")).torrent
    #expect(torrent.isSingleFile)
    #expect(torrent.relativePath(ofFile: 0) == ["one.bin"])
    #expect(torrent.infoHash.v1?.description == answer.v1)
    #expect(torrent.infoHash.v2?.description == answer.v2)
  }
}
