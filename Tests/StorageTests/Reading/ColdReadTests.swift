import Glibc
import Metainfo
import NIOCore
import TestSupport
import Testing

@testable import Storage

@Suite(.enabled("the temporary folder's file system cannot read without waiting") { canReadWithoutWaiting })
struct ColdReadTests {
  private let fixture: ReaderFixture

  init() throws { fixture = try ReaderFixture(length: 8 << 20, pieceLength: 1 << 20) }

  @Test func whatThePageCacheHasIsReadWithoutWaiting() throws {
    let reader = fixture.reader()
    var read = reader.read(fixture.blocks(), waiting: false)
    // The kernel may reclaim pages at any time: bring them back and look again.
    for _ in 0..<100 where read.result != .complete {
      #expect(reader.read(fixture.blocks()).result == .complete)
      read = reader.read(fixture.blocks(), waiting: false)
    }
    #expect(read.result == .complete)
    #expect(read.bytes == fixture.expected(fixture.blocks()))
  }

  @Test(arguments: [false, true])
  func theFirstColdBlockEndsTheBatchAndLeavesNothingOfItself(shuffled: Bool) throws {
    let half = fixture.blocks().count / 2
    let hot = shuffled ? Array(fixture.blocks()[..<half].shuffled()) : Array(fixture.blocks()[..<half])
    let reader = fixture.reader()
    #expect(reader.read(hot).result == .complete)
    try fixture.folder.evict("artifact/file", from: 4 << 20)
    let cold = fixture.blocks()[(half + 64)...]
    var buffer = ByteBuffer(string: "x")
    #expect(reader.read(hot + cold, to: &buffer, waiting: false) == .wouldBlock(appended: half))
    #expect(Content(buffer.readableBytesView.dropFirst()) == fixture.expected(hot))
    #expect(reader.read(cold, to: &buffer, waiting: true) == .complete)
    #expect(Content(buffer.readableBytesView.dropFirst()) == fixture.expected(hot + cold))
  }

  @Test func aBlockThatIsHalfThereIsNotTaken() throws {
    // Pieces of 3 MiB, so that a block of 1 MiB crosses from the hot into the cold.
    let fixture = try ReaderFixture(length: 8 << 20, pieceLength: 3 << 20)
    let reader = fixture.reader()
    let blocks = [Block(piece: 0, offset: 0, length: 1 << 20), Block(piece: 1, offset: 1 << 19, length: 1 << 20)]
    #expect(reader.read(blocks).result == .complete)
    try fixture.folder.evict("artifact/file", from: 4 << 20)
    let (result, bytes) = reader.read(blocks, waiting: false)
    #expect(result == .wouldBlock(appended: 1))
    #expect(bytes == fixture.expected(blocks[..<1]))
  }

  @Test func aFileWhoseSystemCannotDoWithoutWaitingIsRemembered() throws {
    let reader = fixture.reader()
    let file = try #require(try reader.open(file: 0, waiting: true))
    file.setNeedsWaiting()
    #expect(reader.read(fixture.blocks(), waiting: false).result == .wouldBlock(appended: 0))
    #expect(reader.read(fixture.blocks(), waiting: true).result == .complete)
  }

  @Test func aFaultIsLeftToTheReadThatWaits() throws {
    try fixture.folder.remove("artifact/file")
    let reader = fixture.reader()
    #expect(reader.read(fixture.blocks(), waiting: false).result != .complete)
    let path = fixture.folder.path("artifact/file")
    #expect(reader.read(fixture.blocks(), waiting: true).result == .failed(appended: 0, .missing(path: path)))
  }

  @Test func nothingOfATruncatedFileIsTakenWithoutWaitingEither() throws {
    let reader = fixture.reader()
    let blocks = Array(fixture.blocks()[..<8])
    #expect(reader.read(blocks).result == .complete)
    try fixture.folder.truncate("artifact/file", to: 49_157)
    let path = fixture.folder.path("artifact/file")
    let change = StorageError.changed(path: path, what: "it is 49157 bytes long, not 8388608")
    #expect(reader.read(blocks, waiting: false).result == .failed(appended: 0, change))
    // Past the end there is nothing to be had at once: that is for the read that may wait to explain.
    #expect(reader.read(blocks[4...], waiting: false).result == .wouldBlock(appended: 0))
    let end = BatchResult.failed(appended: 0, .truncated(path: path, offset: 65_536, size: 49_157))
    #expect(reader.read(blocks[4...], waiting: true).result == end)
  }
}
