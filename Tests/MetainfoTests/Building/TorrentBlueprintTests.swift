import Metainfo
import TestSupport
import Testing

@Suite struct TorrentBlueprintTests {
  private typealias File = TorrentFixtures.File

  private static func blueprint(
    _ files: [TorrentFile], name: String = "n", isSingleFile: Bool = false, pieceLength: Int? = 16_384, version: TorrentVersion = .hybrid,
    trackers: [[String]] = [], portable: Bool = false
  ) throws(TorrentError) -> TorrentBlueprint {
    try TorrentBlueprint(
      name: name, isSingleFile: isSingleFile, files: files, pieceLength: pieceLength, version: version, trackers: trackers,
      portable: portable)
  }

  private static func file(_ path: String, _ length: Int64 = 1) -> TorrentFile {
    TorrentFile(path: path.split(separator: "/", omittingEmptySubsequences: false).map(String.init), length: length)
  }

  @Test(arguments: TorrentVersion.allCases)
  func whatIsBuiltReadsBackTheSame(_ version: TorrentVersion) throws {
    let built = try TorrentFixtures.torrent(version, source: "corp", trackers: [["http://a", "http://b"]], webSeeds: ["http://w/"])
    let decoded = try Torrent.decode(built.bytes, options: TorrentDecodingOptions(portable: true))
    #expect(decoded.torrent == built.torrent)
    #expect(decoded.warnings.isEmpty)
    #expect(built.torrent.version == version)
    #expect(built.torrent.encoded() == built.bytes)
    #expect(built.torrent.isPrivate && built.torrent.source == "corp")
    #expect(
      built.torrent.layout.files.filter { !$0.isPadding }.map(\.displayPath) == [
        "bin/tool", "bin.d/empty", "data/exact", "data/größe.bin", "latest", "readme.txt",
      ])
    #expect(built.torrent.layout.files.filter(\.isExecutable).map(\.displayPath) == ["bin/tool"])
    #expect(built.torrent.layout.files.first { $0.symlinkTarget != nil }?.symlinkTarget == ["data", "exact"])
  }

  @Test(arguments: TorrentVersion.allCases)
  func theSameFilesInAnyOrderGiveTheSameBytes(_ version: TorrentVersion) throws {
    let bytes = try TorrentFixtures.torrent(version).bytes
    #expect(try TorrentFixtures.torrent(version, files: TorrentFixtures.sampleFiles.reversed()).bytes == bytes)
  }

  @Test(arguments: TorrentVersion.allCases)
  func aSingleFileStaysOne(_ version: TorrentVersion) throws {
    let built = try TorrentFixtures.torrent(
      version, name: "file.bin", files: [File("file.bin", TorrentFixtures.content(50_000))], isSingleFile: true)
    #expect(built.torrent.isSingleFile)
    #expect(built.torrent.layout.files.count == 1)
    #expect(try Torrent.decode(built.bytes).torrent.relativePath(ofFile: 0) == ["file.bin"])
  }

  @Test(arguments: TorrentVersion.allCases)
  func aFolderOfOneFileStaysAFolder(_ version: TorrentVersion) throws {
    let built = try TorrentFixtures.torrent(version, name: "folder", files: [File("file.bin", TorrentFixtures.content(50_000))])
    #expect(!built.torrent.isSingleFile)
    #expect(try Torrent.decode(built.bytes).torrent.relativePath(ofFile: 0) == ["folder", "file.bin"])
  }

  @Test func nothingButTheContentIsWritten() throws {
    let root = try Bencode.decode(try TorrentFixtures.torrent(.hybrid, isPrivate: false).bytes)
    #expect(Set(root.dictionary?.keys.map { String(decoding: $0, as: UTF8.self) } ?? []) == ["info", "piece layers"])
    let keys = Set(root["info"]?.dictionary?.keys.map { String(decoding: $0, as: UTF8.self) } ?? [])
    #expect(keys == ["file tree", "files", "meta version", "name", "piece length", "pieces"])
    #expect(try Bencode.decode(TorrentFixtures.torrent(.v1).bytes)["info"]?["private"] == .integer(1))
  }

  @Test func theSourceTagChangesTheInfoHash() throws {
    #expect(try TorrentFixtures.torrent(source: "a").torrent.infoHash != TorrentFixtures.torrent(source: "b").torrent.infoHash)
  }

  @Test func filesAreSortedNameByNameByTheirBytes() throws {
    let names = ["b", "a/z", "a.txt", "a-b/c", "a/é", "a/e", "Z", "é"]
    let sorted = try Self.blueprint(names.map { Self.file($0) }, version: .v1).layout.files.map(\.displayPath)
    #expect(sorted == ["Z", "a/e", "a/z", "a/é", "a-b/c", "a.txt", "b", "é"])
  }

  @Test func aChosenPieceLengthGrowsWithTheContent() throws {
    let sizes: [(Int64, Int)] = [
      (1, 16_384), (32 << 20, 16_384), ((32 << 20) + 1, 32_768), (1 << 30, 524_288), (5 << 30, 4 << 20), (1 << 40, 16 << 20),
    ]
    for (size, length) in sizes {
      #expect(try Self.blueprint([Self.file("f", size)], pieceLength: nil, version: .v1).pieceLength == length)
    }
  }

  @Test(arguments: [
    ("../up", "names no file"), ("/absolute", "is empty"), ("a//b", "is empty"), ("nul\0", "NUL"),
    (String(repeating: "x", count: 256), "256 bytes"),
  ])
  func unsafeNamesAreRefusedBeforeHashing(path: String, problem: String) {
    let error = #expect(throws: TorrentError.self) { try Self.blueprint([Self.file("ok"), Self.file(path)]) }
    #expect(error?.kind == .unsafeName)
    #expect(error?.problem.contains(problem) == true)
    #expect(error?.place.hasPrefix("files/") == true)
  }

  @Test func whatCannotBeATorrentIsRefusedBeforeHashing() {
    let link = TorrentFile(path: ["l"], length: 0, symlinkTarget: ["..", "x"])
    let cases: [(TorrentError.Kind, () throws -> TorrentBlueprint)] = [
      (.empty, { try Self.blueprint([]) }),
      (.empty, { try Self.blueprint([Self.file("a", 0)]) }),
      (.nameClash, { try Self.blueprint([Self.file("a"), Self.file("a")]) }),
      (.nameClash, { try Self.blueprint([Self.file("a"), Self.file("a/b")]) }),
      (.unsafeName, { try Self.blueprint([Self.file("a"), link]) }),
      (.unsafeName, { try Self.blueprint([Self.file("a")], name: "..") }),
      (.badValue, { try Self.blueprint([Self.file("a", -1)]) }),
      (.tooLarge, { try Self.blueprint([Self.file("a", .max), Self.file("b", .max)], pieceLength: nil) }),
      (.tooLarge, { try Self.blueprint([Self.file("a", 1 << 50)], pieceLength: nil) }),
      (.tooLarge, { try Self.blueprint([Self.file("a", 2_000_000 * 16_384)]) }),
      (.badValue, { try Self.blueprint([Self.file("a")], pieceLength: 20_000) }),
      (.badValue, { try Self.blueprint([Self.file("a")], pieceLength: 8192) }),
      (.badValue, { try Self.blueprint([Self.file("a")], pieceLength: -1, version: .v1) }),
      (.badValue, { try Self.blueprint([Self.file("a"), Self.file("b")], name: "a", isSingleFile: true) }),
      (.badValue, { try Self.blueprint([Self.file("b")], name: "a", isSingleFile: true) }),
      (.badValue, { try Self.blueprint([Self.file("a")], name: "a", version: .v2) }),
      (.badValue, { try Self.blueprint([TorrentFile(path: ["p"], length: 1, isPadding: true)]) }),
      (.badValue, { try Self.blueprint([Self.file("a")], trackers: [["http://a b"]]) }),
      (.notPortable, { try Self.blueprint([Self.file("a"), Self.file("A")], portable: true) }),
    ]
    for (index, (kind, make)) in cases.enumerated() {
      let error = #expect(throws: TorrentError.self) { _ = try make() }
      #expect(error?.kind == kind, "case \(index): \(error.map { "\($0)" } ?? "nothing")")
    }
  }

  @Test func hashesOfTheWrongNumberAreRefused() throws {
    let blueprint = try Self.blueprint([Self.file("a", 20_000), Self.file("b", 5)])
    let hashes = [UInt8](repeating: 1, count: 60)
    let layers = [0: [UInt8](repeating: 2, count: 64), 2: [UInt8](repeating: 3, count: 32)]
    #expect(try blueprint.finish(pieceHashes: hashes, pieceLayers: layers).torrent.pieceHashes == hashes)
    let wrong: [([UInt8], [Int: [UInt8]])] = [
      (Array(hashes.dropLast()), layers), ([], layers), (hashes, [:]), (hashes, [0: layers[2] ?? [], 2: layers[2] ?? []]),
      (hashes, [0: layers[0] ?? []]),
    ]
    for (hashes, layers) in wrong {
      #expect(throws: TorrentError.self) { try blueprint.finish(pieceHashes: hashes, pieceLayers: layers) }
    }
  }
}
