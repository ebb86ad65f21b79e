import Glibc
import Metainfo
import Synchronization
import TestSupport
import Testing

@testable import Storage

@Suite(.enabled("the temporary folder's file system cannot read without waiting") { canReadWithoutWaiting })
struct SparingReadTests {
  /// How many pages of a file are in the page cache, asked without touching it.
  private func cached(_ fixture: HashFixture, _ name: String) throws -> Int {
    let descriptor = open(fixture.folder.path("artifact/\(name)"), O_RDONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let map = try #require(mmap(nil, 4 << 20, PROT_READ, MAP_SHARED, descriptor, 0))
    defer { munmap(map, 4 << 20) }
    var pages = [UInt8](repeating: 0, count: 1_024)
    try #require(mincore(map, 4 << 20, &pages) == 0)
    return pages.count { $0 & 1 == 1 }
  }

  @Test func hotPagesStayAndColdOnesLeaveNothingBehind() throws {
    let fixture = try HashFixture([4 << 20, 4 << 20], pieceLength: 1 << 20, version: .v1)
    try fixture.folder.evict("artifact/001")
    #expect(try cached(fixture, "000") > 1_000 && cached(fixture, "001") == 0)
    let read = Mutex(0)
    let verified = ArtifactVerifier.verify(
      torrent: try fixture.torrent(), root: fixture.folder.path, threads: 1,
      manner: .sparing { bytes in read.withLock { $0 += bytes } })
    #expect(verified.isComplete)
    #expect(read.withLock { $0 } == 8 << 20)
    // The kernel may keep or drop a page for reasons of its own.
    let (hot, cold) = (try cached(fixture, "000"), try cached(fixture, "001"))
    #expect(hot > 1_000 && cold < 64, "hot \(hot), cold \(cold) of 1,024")
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
