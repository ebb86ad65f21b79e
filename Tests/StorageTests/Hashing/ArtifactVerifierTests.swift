import Glibc
import Metainfo
import TestSupport
import Testing

@testable import Storage

struct ArtifactVerifierTests {
  private static let lengths = [100_000, 0, 5, 65_536, 16_385]

  private func fixture(_ version: TorrentVersion) throws -> HashFixture {
    try HashFixture(Self.lengths, pieceLength: 32_768, version: version)
  }

  private func verify(_ fixture: HashFixture, threads: Int = 2) throws -> VerifiedArtifact {
    ArtifactVerifier.verify(torrent: try fixture.torrent(), root: fixture.folder.path, threads: threads)
  }

  /// The pieces that hold none of the file.
  private func pieces(_ fixture: HashFixture, without file: String) -> [Int] {
    let lost = fixture.layout.files.firstIndex { $0.displayPath == file }.flatMap(fixture.layout.pieces)
    return (0..<fixture.layout.pieceCount).filter { lost?.contains($0) != true }
  }

  private func index(_ fixture: HashFixture, _ file: String) throws -> Int {
    try #require(fixture.layout.files.firstIndex { $0.displayPath == file })
  }

  @Test(arguments: TorrentVersion.allCases, 1...4)
  func dataThatIsWhatTheTorrentSaysIsComplete(version: TorrentVersion, threads: Int) throws {
    let fixture = try fixture(version)
    let verified = try verify(fixture, threads: threads)
    #expect(verified.isComplete)
    #expect(verified.pieces == Bitfield(count: fixture.layout.pieceCount, filled: true))
    #expect(verified.identities == (try fixture.hash()).identities)
    #expect(verified.problems == [])
  }

  @Test(arguments: TorrentVersion.allCases)
  func aWrongByteCostsItsPieceOnly(version: TorrentVersion) throws {
    let fixture = try fixture(version)
    try fixture.folder.patch("artifact/000", at: 40_000, with: [fixture.contents[0][40_000] ^ 1])
    let verified = try verify(fixture)
    #expect(Array(verified.pieces.pieces) == (0..<fixture.layout.pieceCount).filter { $0 != 1 })
    #expect(verified.problems == [])
    #expect(!verified.isComplete)
  }

  @Test(arguments: TorrentVersion.allCases)
  func aMissingFileIsNamedAndTheRestVerified(version: TorrentVersion) throws {
    let fixture = try fixture(version)
    try fixture.folder.remove("artifact/003")
    let verified = try verify(fixture)
    let file = try index(fixture, "003")
    #expect(verified.problems == [.init(file: file, error: .missing(path: fixture.folder.path("artifact/003")))])
    #expect(verified.identities[file] == nil)
    #expect(Array(verified.pieces.pieces) == pieces(fixture, without: "003"))
  }

  @Test(arguments: TorrentVersion.allCases)
  func aShortFileKeepsThePiecesThatItHas(version: TorrentVersion) throws {
    let fixture = try fixture(version)
    try fixture.folder.truncate("artifact/000", to: 70_000)
    let verified = try verify(fixture)
    let path = fixture.folder.path("artifact/000")
    #expect(verified.problems == [.init(file: 0, error: .wrongSize(path: path, expected: 100_000, found: 70_000))])
    #expect(Array(verified.pieces.pieces.prefix(3)) == [0, 1, 4])
  }

  @Test func aLongFileIsNamed() throws {
    let fixture = try fixture(.v2)
    try fixture.folder.truncate("artifact/001", to: 1)
    let path = fixture.folder.path("artifact/001")
    let verified = try verify(fixture)
    #expect(verified.pieces.isFull)
    #expect(verified.problems == [.init(file: try index(fixture, "001"), error: .wrongSize(path: path, expected: 0, found: 1))])
    #expect(!verified.isComplete)
  }

  @Test(arguments: TorrentVersion.allCases)
  func aFileThatIsTooLongLosesItsPieces(version: TorrentVersion) throws {
    let fixture = try fixture(version)
    try fixture.folder.append("artifact/003", [1])
    let verified = try verify(fixture)
    let (file, length) = (try index(fixture, "003"), Int64(fixture.layout.files[try index(fixture, "003")].length))
    let path = fixture.folder.path("artifact/003")
    #expect(verified.problems == [.init(file: file, error: .wrongSize(path: path, expected: length, found: length + 1))])
    #expect(Array(verified.pieces.pieces) == pieces(fixture, without: "003"))
    #expect(verified.identities[file] != nil)
  }

  @Test func theFirstBadPieceIsNamedWithItsFileAndPlace() throws {
    let fixture = try fixture(.hybrid)
    try fixture.folder.patch("artifact/000", at: 70_000, with: [1, 2, 3])
    let (verified, torrent) = (try verify(fixture), try fixture.torrent())
    let place = "piece 2 does not verify: \(fixture.folder.path("artifact/000")) at byte 65536"
    #expect(verified.firstBadPiece(in: torrent.layout, root: fixture.folder.path) == place)
    #expect(verified.problems.isEmpty && !verified.isComplete)
  }

  @Test func nothingThereIsAnEmptyBitfieldWithEveryFileNamed() throws {
    let fixture = try fixture(.hybrid)
    try fixture.folder.remove("artifact")
    let verified = try verify(fixture)
    #expect(verified.pieces.isEmpty)
    #expect(verified.problems.count == Self.lengths.count)
  }

  @Test func aLinkWhereAFileIsExpectedIsNotFollowed() throws {
    let fixture = try fixture(.v1)
    try fixture.folder.rename("artifact/003", to: "elsewhere")
    try fixture.folder.link("artifact/003", to: "../elsewhere")
    let verified = try verify(fixture)
    #expect(verified.problems == [.init(file: 3, error: .symlink(path: fixture.folder.path("artifact/003")))])
    #expect(Array(verified.pieces.pieces) == pieces(fixture, without: "003"))
  }

  @Test func aFolderWhereAFileIsExpectedIsNamed() throws {
    let fixture = try fixture(.v1)
    try fixture.folder.remove("artifact/003")
    try fixture.folder.makeFolder("artifact/003")
    let error = StorageError.wrongKind(path: fixture.folder.path("artifact/003"), found: "a folder")
    #expect(try verify(fixture).problems == [.init(file: 3, error: error)])
  }

  @Test func aFileChangedWhileItIsVerifiedLosesItsPieces() throws {
    let fixture = try fixture(.hybrid)
    let path = fixture.folder.path("artifact/000")
    let verified = ArtifactVerifier.verify(
      torrent: try fixture.torrent(), root: fixture.folder.path, threads: 2,
      progress: { if $0.done == $0.total { _ = utimensat(AT_FDCWD, path, nil, 0) } })
    #expect(verified.problems == [.init(file: 0, error: .changed(path: path, what: "it was written to"))])
    #expect(verified.identities[0] == nil)
    #expect(Array(verified.pieces.pieces) == pieces(fixture, without: "000"))
  }

  @Test func hybridPiecesMustBeRightInBothVersions() throws {
    let fixture = try fixture(.hybrid)
    let torrent = try fixture.torrent()
    func judged(pieceHashes: [UInt8], pieceLayers: [SHA256Digest: [UInt8]]) -> [Int] {
      let altered = Torrent(
        infoHash: torrent.infoHash, name: torrent.name, isSingleFile: false, layout: torrent.layout, isPrivate: true, source: nil,
        trackers: [], webSeeds: [], infoBytes: [], pieceHashes: pieceHashes, pieceLayers: pieceLayers)
      return Array(ArtifactVerifier.verify(torrent: altered, root: fixture.folder.path, threads: 1).pieces.pieces)
    }
    var hashes = torrent.pieceHashes
    hashes[20] ^= 1
    #expect(judged(pieceHashes: hashes, pieceLayers: torrent.pieceLayers) == (0..<fixture.layout.pieceCount).filter { $0 != 1 })
    #expect(judged(pieceHashes: [], pieceLayers: torrent.pieceLayers) == [])
    // Without piece layers only the files of one piece, which have their root, can be right.
    let single = torrent.layout.files.indices.filter {
      torrent.layout.files[$0].piecesRoot != nil && torrent.layout.files[$0].length <= 32_768
    }
    let expected = single.compactMap { torrent.layout.pieces(ofFile: $0)?.lowerBound }
    #expect(judged(pieceHashes: torrent.pieceHashes, pieceLayers: [:]) == expected)
  }

  @Test func dataMayLieElsewhereThanTheTorrentsNamesSay() throws {
    let fixture = try HashFixture([40_000], pieceLength: 16_384, version: .v1)
    try fixture.folder.rename("artifact/000", to: "moved")
    let verified = ArtifactVerifier.verify(
      torrent: try fixture.torrent(), root: fixture.folder.path, paths: [["moved"]], threads: 1)
    #expect(verified.isComplete)
    #expect(verified.paths == [["moved"]])
  }

  @Test func linksOfTheTorrentHaveToBeLinks() throws {
    let fixture = try HashFixture([10], pieceLength: 16_384, version: .v1)
    let torrent = try fixture.torrent()
    let layout = PieceLayout(
      files: torrent.layout.files + [TorrentFile(path: ["link"], length: 0, symlinkTarget: ["000"])], pieceLength: 16_384,
      isFileAligned: false)
    let linked = Torrent(
      infoHash: torrent.infoHash, name: "artifact", isSingleFile: false, layout: layout, isPrivate: true, source: nil, trackers: [],
      webSeeds: [], infoBytes: [], pieceHashes: torrent.pieceHashes, pieceLayers: [:])
    func problems() -> [StorageError] {
      ArtifactVerifier.verify(torrent: linked, root: fixture.folder.path, threads: 1).problems.map(\.error)
    }
    let path = fixture.folder.path("artifact/link")
    #expect(problems() == [.missing(path: path)])
    try fixture.folder.link("artifact/link", to: "000")
    #expect(problems() == [])
    try fixture.folder.remove("artifact/link")
    try fixture.folder.write([], to: "artifact/link")
    #expect(problems() == [.wrongKind(path: path, found: "a file, not a symbolic link")])
  }

  @Test func cancellingSaysSoAndKeepsWhatWasVerified() throws {
    let fixture = try HashFixture([200_000], pieceLength: 16_384, version: .v1)
    let reports = Reports()
    let verified = ArtifactVerifier.verify(
      torrent: try fixture.torrent(), root: fixture.folder.path, threads: 1, progress: { reports.add($0) },
      isCancelled: { reports.all.count == 3 })
    #expect(verified.wasCancelled)
    #expect(Array(verified.pieces.pieces) == [0, 1, 2])
    #expect(!verified.isComplete)
  }
}
