import Glibc
import Metainfo
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Storage

struct ArtifactWriterTests {
  @Test(arguments: TorrentVersion.allCases, [false, true])
  func whatComesInAnyOrderGetsIntoItsPlace(version: TorrentVersion, isPreallocated: Bool) throws {
    let fixture = try WriterFixture(version)
    var settings = WriterSettings()
    settings.allocation = isPreallocated ? .preallocated : .sparse
    let writer = try fixture.writer(settings: settings)
    #expect(writer.resume() == .init(held: fixture.bitfield([]), doubtful: fixture.bitfield([]), isInPlace: false))
    try writer.reserve()
    try fixture.write(writer, fixture.pieces.reversed())
    #expect(try fixture.right(writer, fixture.pieces) == Array(fixture.pieces))
    #expect(try fixture.folder.names(in: "root") == [StagingPlan(fixture.torrent).folder])
    #expect(throws: StorageError.incomplete(path: fixture.folder.path(fixture.staging), lacking: fixture.pieces.count)) {
      try writer.finish()
    }
    try writer.commit(fixture.pieces)
    #expect(writer.held == fixture.bitfield(fixture.pieces))
    let finished = try writer.finish()
    #expect(finished.pieces.isFull)
    #expect(try fixture.folder.names(in: "root") == ["sample"])
    try fixture.expectInPlace()
    let verified = ArtifactVerifier.verify(torrent: fixture.torrent, root: fixture.root, threads: 1)
    #expect(verified.isComplete && verified.identities == finished.identities)
  }

  @Test(arguments: TorrentVersion.allCases) func aSingleFileGetsIntoItsPlace(version: TorrentVersion) throws {
    let fixture = try WriterFixture(version, files: [.init("sample", TorrentFixtures.content(100_000))], isSingleFile: true)
    let writer = try fixture.writer()
    try fixture.write(writer, fixture.pieces)
    try writer.commit(fixture.pieces)
    #expect(try writer.finish().paths == [["sample"]])
    try fixture.expectInPlace()
  }

  @Test func modesAreThoseOfTheSettings() throws {
    let fixture = try WriterFixture()
    var settings = WriterSettings()
    (settings.fileMode, settings.executableMode, settings.folderMode) = (0o640, 0o750, 0o2750)
    if geteuid() == 0 { (settings.owner, settings.group) = (1234, 4321) }
    let writer = try fixture.writer(settings: settings)
    try fixture.write(writer, fixture.pieces)
    // Until it is in its place nobody else reads it.
    #expect(FileStatus(path: fixture.folder.path(fixture.staging))?.permissions == 0o700)
    #expect(FileStatus(path: fixture.folder.path(fixture.staging + "/data/sample/a"))?.permissions == 0o600)
    try writer.commit(fixture.pieces)
    _ = try writer.finish()
    let modes: KeyValuePairs<String, UInt32> = [
      "a": 0o640, "d/tool": 0o750, "d/empty": 0o640, "d": 0o2750, "d/e": 0o2750, "": 0o2750,
    ]
    for (path, mode) in modes {
      let status = try #require(FileStatus(path: fixture.folder.path("root/sample/" + path)))
      #expect(status.permissions == mode)
      #expect(geteuid() != 0 || status.owner == 1234)
    }
  }

  @Test func foldersMayBeReadOnlyInTheirPlace() throws {
    let fixture = try WriterFixture()
    var settings = WriterSettings()
    (settings.fileMode, settings.executableMode, settings.folderMode) = (0o444, 0o555, 0o555)
    let writer = try fixture.writer(settings: settings)
    try fixture.write(writer, fixture.pieces)
    try writer.commit(fixture.pieces)
    _ = try writer.finish()
    try fixture.expectInPlace()
    for path in ["", "d", "d/e"] {
      #expect(FileStatus(path: fixture.folder.path("root/sample/" + path))?.permissions == 0o555)
      // So that the test can take it away again.
      chmod(fixture.folder.path("root/sample/" + path), 0o755)
    }
  }

  @Test func manySmallFilesAreNotAllHeldOpen() throws {
    let files = (0..<200).map { TorrentFixtures.File("d\($0 % 3)/\($0)", TorrentFixtures.content(700, seed: UInt64($0))) }
    let fixture = try WriterFixture(.hybrid, files: files)
    var settings = WriterSettings()
    settings.openFiles = 3
    let writer = try fixture.writer(settings: settings)
    for piece in fixture.pieces {
      try fixture.write(writer, [piece])
      #expect(writer.state.withLock { $0.dirty.count + $0.open.count } <= 8)
    }
    try writer.commit(fixture.pieces)
    _ = try writer.finish()
    try fixture.expectInPlace()
  }

  @Test func nothingThatIsInThePlaceIsReplaced() throws {
    let fixture = try WriterFixture()
    let writer = try fixture.writer()
    try fixture.write(writer, fixture.pieces)
    try writer.commit(fixture.pieces)
    try fixture.folder.write([1], to: "root/sample/mine")
    let error = StorageError.failed(path: fixture.folder.path("root/sample"), operation: "put into place", offset: nil, errno: EEXIST)
    #expect(throws: error) { try writer.finish() }
    #expect(error.trouble == nil)
    #expect(try fixture.folder.read("root/sample/mine") == [1])
    try fixture.folder.remove("root/sample")
    _ = try writer.finish()
    try fixture.expectInPlace()
  }

  @Test func blocksThatDoNotFitAreRefused() throws {
    let fixture = try WriterFixture()
    let writer = try fixture.writer()
    for (block, count) in [
      (Block(piece: 0, offset: 0, length: 16_384), 16_383), (Block(piece: 99, offset: 0, length: 1), 1),
      (Block(piece: 0, offset: 32_768, length: 1), 1), (Block(piece: .max, offset: .max, length: 1), 1),
      (Block(piece: 0, offset: 0, length: 0), 0),
    ] {
      #expect(throws: StorageError.noSuchBlock(block)) { try writer.write(block, ByteBuffer(repeating: 1, count: count)) }
    }
  }

  // MARK: Parts

  @Test func onlyWantedFilesGetIntoPlace() throws {
    let fixture = try WriterFixture()
    let wanted = try #require(fixture.layout.files.firstIndex { $0.displayPath == "d/e/b" })
    let writer = try fixture.writer(files: [wanted])
    let pieces = Array(writer.wanted.pieces)
    #expect(pieces == fixture.layout.pieces(ofFile: wanted).map(Array.init))
    try fixture.write(writer, pieces)
    #expect(try fixture.right(writer, pieces) == pieces)
    try writer.commit(pieces)
    let finished = try writer.finish()
    try fixture.expectInPlace(without: ["a", "d/empty", "d/tool", "link", "d/up", "z"])
    // Pieces that reach into other files cannot be given on.
    #expect(Array(finished.pieces.pieces) == pieces.dropFirst().dropLast())
    #expect(finished.identities.count { $0 != nil } == 1)
  }

  // MARK: Nothing outside

  @Test func aLinkInTheStagingFoldersPlaceIsNotFollowed() throws {
    let fixture = try WriterFixture()
    try fixture.folder.makeFolder("elsewhere")
    try fixture.folder.link(fixture.staging, to: "../elsewhere")
    #expect(throws: StorageError.symlink(path: fixture.folder.path(fixture.staging))) { try fixture.writer() }
    #expect(try fixture.folder.names(in: "elsewhere") == [])
  }

  @Test(arguments: ["data", "data/sample", "data/sample/d", "data/sample/a"])
  func aLinkThatSomebodyPutsOnTheWayIsNotFollowed(path: String) throws {
    let fixture = try WriterFixture()
    let writer = try fixture.writer()
    try fixture.folder.makeFolder("elsewhere/sample/d/e")
    try fixture.folder.write([7], to: "elsewhere/sample/a")
    let parent = fixture.staging + "/" + path.split(separator: "/").dropLast().joined(separator: "/")
    try fixture.folder.makeFolder(parent)
    try fixture.folder.link(fixture.staging + "/" + path, to: fixture.folder.path("elsewhere" + String(path.dropFirst(4))))
    #expect(throws: StorageError.symlink(path: fixture.folder.path(fixture.staging + "/" + path))) {
      try fixture.write(writer, fixture.pieces)
    }
    #expect(try fixture.folder.read("elsewhere/sample/a") == [7])
    #expect(try fixture.folder.names(in: "elsewhere/sample/d/e") == [])
  }

  @Test func givingUpRemovesTheStagingFolderAndFollowsNoLinkThere() throws {
    let fixture = try WriterFixture()
    try fixture.folder.write([1], to: "elsewhere/file")
    let writer = try fixture.writer()
    try fixture.write(writer, fixture.pieces)
    try fixture.folder.link(fixture.staging + "/data/sample/out", to: fixture.folder.path("elsewhere"))
    try writer.discard()
    #expect(try fixture.folder.names(in: "root") == [])
    #expect(try fixture.folder.read("elsewhere/file") == [1])
  }

  @Test func twoDoNotWriteAtOnce() throws {
    let fixture = try WriterFixture()
    let writer = try fixture.writer()
    #expect(
      throws: StorageError.failed(path: fixture.folder.path(fixture.staging), operation: "lock", offset: nil, errno: EWOULDBLOCK)
    ) { try fixture.writer() }
    withExtendedLifetime(writer) {}
  }

  @Test func aRootThatIsNotThereIsSaidToBeMissing() throws {
    let fixture = try WriterFixture()
    try fixture.folder.remove("root")
    #expect(throws: StorageError.missing(path: fixture.root)) { try fixture.writer() }
  }

  // MARK: Readers meanwhile

  @Test func whatIsHeldIsServedBeforeTheArtifactIsInItsPlace() throws {
    let fixture = try WriterFixture(.hybrid)
    let writer = try fixture.writer()
    try fixture.write(writer, [1])
    try writer.commit([1])
    let reader = ArtifactReader(
      layout: fixture.layout, root: fixture.root, paths: writer.stagedPaths, identities: [], cache: DescriptorCache(capacity: 4),
      isStaged: true)
    var buffer = ByteBuffer()
    let blocks = fixture.blocks(of: 1)
    #expect(reader.append(blocks, to: &buffer, prefixLength: 0, writePrefix: { _, _ in }, waiting: true) == .complete)
    #expect(Array(buffer.readableBytesView) == blocks.flatMap(fixture.bytes))
    // What is written beside it does not make it doubtful.
    try fixture.write(writer, fixture.pieces)
    #expect(reader.append(blocks, to: &buffer, prefixLength: 0, writePrefix: { _, _ in }, waiting: true) == .complete)
    #expect(Array(buffer.readableBytesView) == (blocks + blocks).flatMap(fixture.bytes))
  }

  // MARK: Digests

  @Test(arguments: TorrentVersion.allCases) func digestsOfBlocksTellWhichIsWrong(version: TorrentVersion) throws {
    let fixture = try WriterFixture(version)
    let writer = try fixture.writer()
    try fixture.write(writer, fixture.pieces)
    let checker = writer.checker()
    let right = try checker.blockDigests(0)
    #expect(right == fixture.blocks(of: 0).map { SHA256Digest.hash(of: fixture.bytes($0)) })
    var bad = fixture.bytes(fixture.blocks(of: 0)[1])
    bad[0] ^= 1
    try writer.write(fixture.blocks(of: 0)[1], ByteBuffer(bytes: bad))
    #expect(try fixture.right(writer, [0, 1]) == [1])
    let wrong = try checker.blockDigests(0)
    #expect(wrong[0] == right[0] && wrong[1] != right[1])
  }

  @Test func digestsAreTheTreesLeaves() throws {
    for version in [TorrentVersion.v2, .hybrid] {
      let fixture = try WriterFixture(version)
      let writer = try fixture.writer()
      try fixture.write(writer, fixture.pieces)
      let content = try #require(fixture.contents["a"])
      // The last piece of the file, with padding after it in a hybrid torrent.
      let leaves = [SHA256Digest.hash(of: Array(content[65_536...]))]
      #expect(try writer.checker().blockDigests(2) == leaves)
    }
  }
}
