import Glibc
import Metainfo
import TestSupport
import Testing

@testable import Storage

/// What becomes of an artifact whose files change while it is served.
struct ReaderEvidenceTests {
  private let fixture: ReaderFixture
  private let reader: ArtifactReader
  private let cache = DescriptorCache(capacity: 8)
  private var file: String { fixture.folder.path("artifact/file") }
  private var blocks: [Block] { fixture.blocks() }

  init() throws {
    fixture = try ReaderFixture(
      [TorrentFile(path: ["file"], length: 200_000), TorrentFile(path: ["sub", "other"], length: 10)], pieceLength: 65_536)
    reader = fixture.reader(cache: cache, identities: fixture.identities)
  }

  private func change(_ what: String) -> StorageError { .changed(path: file, what: what) }

  @Test func evidenceThatHoldsIsServedAndChecksClean() {
    #expect(reader.read(blocks).result == .complete)
    #expect(reader.check() == [])
  }

  @Test func aFileWrittenToBeforeItIsOpenedIsNotServed() throws {
    try fixture.folder.patch("artifact/file", at: 5, with: [0])
    #expect(reader.read(blocks).result == .failed(appended: 0, change("it was written to")))
    #expect(cache.count == 0)
  }

  @Test func aFileWrittenToWhileItIsOpenIsFoundByTheNextReadAndByTheCheck() throws {
    #expect(reader.read(blocks).result == .complete)
    try fixture.folder.patch("artifact/file", at: 5, with: [0])
    let (result, bytes) = reader.read(blocks)
    #expect(result == .failed(appended: 0, change("it was written to")) && bytes == Content([]))
    #expect(reader.read(blocks, waiting: false).result == .failed(appended: 0, change("it was written to")))
    #expect(reader.checkOpenFiles().map(\.error) == [change("it was written to")])
    #expect(reader.check() == [change("it was written to")])
    #expect(reader.read(blocks).result == .failed(appended: 0, change("it was written to")))
  }

  @Test func aFileReplacedUnderTheReaderIsNotServed() throws {
    #expect(reader.read(blocks).result == .complete)
    try fixture.folder.write([UInt8](repeating: 7, count: 200_000), to: "new")
    try fixture.folder.rename("new", to: "artifact/file")
    #expect(reader.read(blocks).result == .failed(appended: 0, change("its inode was changed")))
    #expect(reader.check().map(\.description).first?.hasPrefix("\(file): changed: ") == true)
    #expect(reader.read(blocks).result == .failed(appended: 0, change("another file stands in its place")))
  }

  @Test func aFileReplacedBeforeItWasOpenedIsFoundByTheCheck() throws {
    try fixture.folder.write([UInt8](repeating: 7, count: 200_000), to: "new")
    try fixture.folder.rename("new", to: "artifact/file")
    #expect(reader.check() == [change("another file stands in its place")])
  }

  @Test func withoutEvidenceAReplacementOfAnOpenFileIsStillFound() throws {
    let reader = fixture.reader(cache: cache)
    #expect(reader.check() == [])
    #expect(reader.read(blocks).result == .complete)
    try fixture.folder.write([UInt8](repeating: 7, count: 200_000), to: "new")
    try fixture.folder.rename("new", to: "artifact/file")
    #expect(reader.check().count == 1)
  }

  @Test func nothingOfATruncatedFileIsServed() throws {
    #expect(reader.read(blocks).result == .complete)
    try fixture.folder.truncate("artifact/file", to: 40_000)
    let (result, bytes) = reader.read(blocks)
    #expect(result == .failed(appended: 0, change("it is 40000 bytes long, not 200000")) && bytes == Content([]))
    let past = blocks.filter { $0.piece == 2 }
    #expect(reader.read(past).result == .failed(appended: 0, .truncated(path: file, offset: 131_072, size: 40_000)))
    #expect(reader.check() == [change("it is 40000 bytes long, not 200000")])
  }

  @Test func aLinkInTheFilesPlaceIsNotFollowed() throws {
    try fixture.folder.rename("artifact/file", to: "elsewhere")
    try fixture.folder.link("artifact/file", to: "../elsewhere")
    #expect(reader.read(blocks).result == .failed(appended: 0, .symlink(path: file)))
    #expect(reader.check() == [.symlink(path: file)])
  }

  @Test func aLinkInAFoldersPlaceIsNotFollowed() throws {
    try fixture.folder.rename("artifact/sub", to: "elsewhere")
    try fixture.folder.link("artifact/sub", to: "../elsewhere")
    let other = fixture.folder.path("artifact/sub/other")
    #expect(reader.read(blocks.suffix(1)).result == .failed(appended: 0, .symlink(path: other)))
    #expect(reader.check() == [.symlink(path: other)])
  }

  @Test(.timeLimit(.minutes(10))) func aNamedPipeInTheFilesPlaceBlocksNobody() throws {
    try fixture.folder.remove("artifact/file")
    try fixture.folder.makePipe("artifact/file")
    let error = StorageError.wrongKind(path: file, found: "a named pipe")
    #expect(reader.read(blocks).result == .failed(appended: 0, error))
    #expect(reader.check() == [error])
  }

  @Test func aFolderInTheFilesPlaceAndAMissingFileAreSaid() throws {
    try fixture.folder.remove("artifact/file")
    #expect(reader.read(blocks).result == .failed(appended: 0, .missing(path: file)))
    #expect(reader.check() == [.missing(path: file)])
    try fixture.folder.makeFolder("artifact/file")
    #expect(reader.read(blocks).result == .failed(appended: 0, .wrongKind(path: file, found: "a folder")))
  }

  @Test func aReaderWithoutPathsFailsRatherThanTraps() {
    let reader = ArtifactReader(layout: fixture.layout, root: fixture.folder.path, paths: [], identities: [], cache: cache)
    guard case .failed(appended: 0, .badName) = reader.read(blocks).result else {
      Issue.record("read without a path")
      return
    }
  }
}
