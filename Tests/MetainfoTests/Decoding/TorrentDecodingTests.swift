import Metainfo
import TestSupport
import Testing

@Suite struct TorrentDecodingTests {
  private static let v1 = TorrentFixtures.v1

  private func decode(_ torrent: Bencode, portable: Bool = false) throws(TorrentError) -> DecodedTorrent {
    try Torrent.decode(torrent.encoded(), options: TorrentDecodingOptions(portable: portable))
  }

  @Test func readsAVersion1Torrent() throws {
    let torrent = try decode(Self.v1).torrent
    #expect(torrent.name == "folder")
    #expect(!torrent.isSingleFile && !torrent.isPrivate)
    #expect(torrent.layout.files.map(\.path) == [["a"], ["b", "c"]])
    #expect(torrent.layout.files.map(\.length) == [10, 20])
    #expect(torrent.layout.pieceCount == 1)
    #expect(torrent.relativePath(ofFile: 1) == ["folder", "b", "c"])
    #expect(torrent.relativePath(ofFile: 2) == nil)
    let info = try #require(Self.v1["info"]).encoded()
    #expect(torrent.infoBytes == info)
    #expect(torrent.infoHash == InfoHash(v1: .hash(of: info)))
    #expect(torrent.version == .v1)
  }

  @Test func readsASingleFile() throws {
    let torrent = try decode(TorrentFixtures.single.setting("info", "attr", to: .string("x"))).torrent
    #expect(torrent.isSingleFile)
    #expect(torrent.layout.files == [TorrentFile(path: ["file"], length: 30, isExecutable: true)])
    #expect(torrent.relativePath(ofFile: 0) == ["file"])
  }

  @Test func readsAVersion2Torrent() throws {
    let torrent = try decode(TorrentFixtures.v2).torrent
    #expect(torrent.version == .v2)
    #expect(torrent.infoHash == InfoHash(v2: .hash(of: torrent.infoBytes)))
    #expect(torrent.pieceHashes.isEmpty && torrent.layout.isFileAligned)
    #expect(torrent.layout.pieceCount == 2)
    #expect(torrent.layout.fileOffsets == [0, 16_384])
  }

  @Test func aTreeOfOneLeafIsASingleFileWhereItIsCalledLikeTheTorrent() throws {
    let tree = TorrentFixtures.v2.setting("info", "file tree", "b", to: nil)
    #expect(try !decode(tree).torrent.isSingleFile)
    #expect(try decode(tree).torrent.relativePath(ofFile: 0) == ["folder", "a"])
    let single = try decode(tree.setting("info", "name", to: .string("a"))).torrent
    #expect(single.isSingleFile)
    #expect(single.relativePath(ofFile: 0) == ["a"])
  }

  @Test func readsAHybridTorrentWithThePadFilesOfItsList() throws {
    let torrent = try decode(TorrentFixtures.hybrid).torrent
    #expect(torrent.version == .hybrid)
    #expect(torrent.infoHash.v1 == .hash(of: torrent.infoBytes) && torrent.infoHash.v2 == .hash(of: torrent.infoBytes))
    #expect(torrent.layout.files.map(\.isPadding) == [false, true, false])
    #expect(torrent.layout.files.map { $0.piecesRoot != nil } == [true, false, true])
    #expect(!torrent.layout.isFileAligned)
  }

  @Test func aHybridMayPadItsLastFileToo() throws {
    let pad = Bencode.dictionary(["attr": .string("p"), "length": .integer(16_364), "path": .strings(".pad", "16364")])
    let torrent = try decode(TorrentFixtures.hybrid.setting("info", "files", 3, to: pad)).torrent
    #expect(torrent.layout.span == 32_768)
    #expect(torrent.layout.contentLength == 30)
  }

  @Test func namesInUTF8StandInForThoseThatAreNot() throws {
    let invalid = Bencode.bytes([0x66, 0xE9])
    let torrent = try decode(
      Self.v1.setting("info", "name", to: invalid).setting("info", "name.utf-8", to: .string("fé"))
        .setting("info", "files", 1, "path", 1, to: invalid).setting("info", "files", 1, "path.utf-8", to: .strings("b", "cé"))
    ).torrent
    #expect(torrent.name == "fé")
    #expect(torrent.layout.files[1].path == ["b", "cé"])
    let both = try decode(Self.v1.setting("info", "name.utf-8", to: .string("../x"))).torrent
    #expect(both.name == "folder", "what is not needed is not read")
  }

  @Test func padFilesAreExemptFromNameRules() throws {
    let pads: [Bencode] = [
      .dictionary(["attr": .string("p"), "length": .integer(5), "path": .strings("..", "..", "etc")]),
      .dictionary(["attr": .string("xp"), "length": .integer(6)]),
      .dictionary(["length": .integer(7), "path": .strings("_____padding_file_0_if you see this file____")]),
    ]
    let files = try #require(Self.v1["info"]?["files"]?.list)
    let torrent = try decode(Self.v1.setting("info", "files", to: .list(files + pads))).torrent
    #expect(torrent.layout.files.suffix(3).map(\.isPadding) == [true, true, true])
    #expect(torrent.layout.files.suffix(3).map(\.path) == [[".pad", "5"], [".pad", "6"], [".pad", "7"]])
    #expect(torrent.layout.contentLength == 30)
  }

  @Test func symlinksHaveATargetBelowTheFolder() throws {
    let link = Bencode.dictionary(["attr": .string("l"), "path": .strings("b", "link"), "symlink path": .strings("a")])
    let decoded = try decode(Self.v1.setting("info", "files", 2, to: link))
    #expect(decoded.torrent.layout.files[2].symlinkTarget == ["a"])
    #expect(decoded.torrent.layout.files[2].length == 0)
    #expect(decoded.warnings.isEmpty)
  }

  @Test func aSymlinkToNothingIsAWarning() throws {
    let link = Bencode.dictionary(["attr": .string("l"), "path": .strings("link"), "symlink path": .strings("b", "x\u{1B}[31m")])
    let warnings = try decode(Self.v1.setting("info", "files", 2, to: link)).warnings
    #expect(warnings == ["info.files[2].path: the symlink's target b/x\\u{1b}[31m is not in the torrent"])
  }

  @Test func namesThatDifferOnlyInCaseAreAWarning() throws {
    let other = Bencode.dictionary(["length": .integer(0), "path": .strings("B", "d")])
    let torrent = Self.v1.setting("info", "files", 2, to: other)
    #expect(try decode(torrent).warnings.count == 1)
    #expect(try decode(torrent).warnings.first?.hasPrefix("info.files[2].path: B differs") == true)
    let tree = TorrentFixtures.v2.setting("info", "file tree", "A", to: .dictionary(["": .dictionary(["length": .integer(0)])]))
    #expect(try decode(tree).warnings.first?.hasPrefix("info.file tree/a: a differs") == true)
    #expect(throws: TorrentError.self) { try decode(tree, portable: true) }
  }

  @Test func warningsAreBounded() throws {
    let links = (0..<1000).map { index in
      Bencode.dictionary(["attr": .string("l"), "path": .strings("link\(index)"), "symlink path": .strings("nowhere")])
    }
    let files = try #require(Self.v1["info"]?["files"]?.list)
    let warnings = try decode(Self.v1.setting("info", "files", to: .list(files + links))).warnings
    #expect(warnings.count == 101)
    #expect(warnings.last == "and 900 more warnings")
  }

  @Test func tiersOfTrackersReplaceTheSingleOne() throws {
    let announce = Self.v1.setting("announce", to: .string(" http://one/announce\n"))
    #expect(try decode(announce).torrent.trackers == [["http://one/announce"]])
    let tiers = announce.setting(
      "announce-list", to: .list([.strings("http://a", "http://b", "http://a"), .strings(""), .strings("udp://c:1")]))
    #expect(try decode(tiers).torrent.trackers == [["http://a", "http://b"], ["udp://c:1"]])
    let empty = announce.setting("announce-list", to: .list([]))
    #expect(try decode(empty).torrent.trackers == [["http://one/announce"]])
    let flat = try decode(announce.setting("announce-list", to: .strings("http://a")))
    #expect(flat.torrent.trackers == [["http://a"]])
    #expect(flat.warnings == ["announce-list[0]: a tier should be a list"])
  }

  @Test func webSeedsAreAStringOrAList() throws {
    #expect(try decode(Self.v1.setting("url-list", to: .string("http://w/"))).torrent.webSeeds == ["http://w/"])
    #expect(try decode(Self.v1.setting("url-list", to: .strings("http://w/", "http://v/"))).torrent.webSeeds == ["http://w/", "http://v/"])
    #expect(try decode(Self.v1.setting("url-list", to: .string(""))).torrent.webSeeds.isEmpty)
  }

  @Test func readsTheFlagsOfTheInfoDictionary() throws {
    let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    let torrent = try decode(
      Self.v1.setting("info", "private", to: .integer(1)).setting("info", "source", to: .string("corp"))
        .setting("info", "ssl-cert", to: .string(pem))
    ).torrent
    #expect(torrent.isPrivate)
    #expect(torrent.source == "corp")
    #expect(torrent.sslCertificate == pem)
    let odd = try decode(Self.v1.setting("info", "source", to: .bytes([0xFF])))
    #expect(odd.torrent.source == nil)
    #expect(odd.warnings == ["info.source: is not valid UTF-8 and is left out"])
  }

  @Test func unknownPieceLayersAreAWarning() throws {
    let torrent = TorrentFixtures.v2.setting("piece layers", .key([UInt8](repeating: 3, count: 32)), to: .string("x"))
    #expect(try decode(torrent).warnings == ["piece layers: 1 entries belong to no file longer than a piece"])
  }

  @Test func limitsOnFilesAreKept() {
    let options = TorrentDecodingOptions(limits: TorrentLimits(files: 1))
    for torrent in [TorrentFixtures.v1, TorrentFixtures.v2] {
      let error = #expect(throws: TorrentError.self) { try Torrent.decode(torrent.encoded(), options: options) }
      #expect(error?.kind == .tooLarge)
    }
  }

  @Test(arguments: TorrentVersion.allCases)
  func anInfoDictionaryByItselfGivesTheSameTorrent(_ version: TorrentVersion) throws {
    let whole = try TorrentFixtures.torrent(version, trackers: [["http://a"]], webSeeds: ["http://w/"]).torrent
    let bare = try Torrent.decodeInfo(whole.infoBytes, trackers: [["http://a"]], webSeeds: ["http://w/"]).torrent
    #expect(bare.infoHash == whole.infoHash)
    #expect(bare.layout == whole.layout)
    #expect(bare.pieceLayers.isEmpty)
    #expect(try bare.adding(pieceLayers: whole.pieceLayers) == whole)
  }

  @Test func piecesLayersFromPeersAreVerified() throws {
    let whole = try TorrentFixtures.torrent(.v2).torrent
    let bare = try Torrent.decodeInfo(whole.infoBytes).torrent
    let wrong = whole.pieceLayers.mapValues { Array($0.reversed()) }
    let error = #expect(throws: TorrentError.self) { try bare.adding(pieceLayers: wrong) }
    #expect(error?.kind == .badHashes)
    #expect(throws: TorrentError.self) { try bare.adding(pieceLayers: [:]) }
  }

  @Test func anInfoDictionaryThatIsNoneIsRefusedAtItsPlace() {
    let error = #expect(throws: TorrentError.self) { try Torrent.decodeInfo(Array("i1e".utf8)) }
    #expect(error?.description == "info: must be a dictionary")
    let other = #expect(throws: TorrentError.self) { try Torrent.decodeInfo(Array("d".utf8)) }
    #expect(other?.description == "info: not a bencoded value: byte 1: the data ends within a value")
  }
}
