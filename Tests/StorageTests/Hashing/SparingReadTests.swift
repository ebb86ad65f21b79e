import Metainfo
import Synchronization
import TestSupport
import Testing

@testable import Storage

@Suite(.enabled("the temporary folder's file system cannot read without waiting") { canReadWithoutWaiting })
struct SparingReadTests {
  /// Whether the page cache has all of a file, none of it, or some.
  private func cached(_ fixture: HashFixture, _ name: String) throws -> Int {
    let length = 4 << 20
    let layout = PieceLayout(files: [TorrentFile(path: [name], length: Int64(length))], pieceLength: 1 << 20, isFileAligned: false)
    let reader = ArtifactReader(
      layout: layout, root: fixture.folder.path, paths: [["artifact", name]], identities: [], cache: DescriptorCache(capacity: 1))
    // Opened first, so that what follows asks for data alone.
    _ = try reader.open(file: 0, waiting: true)
    return (0..<256).count { index in
      let block = Block(piece: UInt32(index / 64), offset: UInt32(index % 64 * 16_384), length: 16_384)
      return reader.read([block], waiting: false).result == .complete
    }
  }

  @Test func hotPagesStayAndColdOnesLeaveNothingBehind() throws {
    let fixture = try HashFixture([4 << 20, 4 << 20], pieceLength: 1 << 20, version: .v1)
    try fixture.folder.evict("artifact/001")
    #expect(try cached(fixture, "000") > 240 && cached(fixture, "001") == 0)
    let read = Mutex(0)
    let verified = ArtifactVerifier.verify(
      torrent: try fixture.torrent(), root: fixture.folder.path, threads: 1,
      manner: .sparing { bytes in read.withLock { $0 += bytes } })
    #expect(verified.isComplete)
    #expect(read.withLock { $0 } == 8 << 20)
    // The kernel may keep or drop a page for reasons of its own.
    let (hot, cold) = (try cached(fixture, "000"), try cached(fixture, "001"))
    #expect(hot > 240 && cold < 16, "hot \(hot), cold \(cold) of 256")
  }

  @Test func whatIsReadSparinglyIsJudgedAsEver() throws {
    let fixture = try HashFixture([100_000, 5, 70_000], pieceLength: 32_768, version: .hybrid)
    try fixture.folder.patch("artifact/000", at: 40_000, with: [fixture.contents[0][40_000] ^ 1])
    let verify = { (manner: ReadingManner) in
      ArtifactVerifier.verify(torrent: try fixture.torrent(), root: fixture.folder.path, threads: 1, manner: manner)
    }
    #expect(try verify(.sparing { _ in }) == verify(.eager))
  }
}
