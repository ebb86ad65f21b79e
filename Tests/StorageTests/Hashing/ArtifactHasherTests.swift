import Glibc
import Metainfo
import Synchronization
import TestSupport
import Testing

@testable import Storage

struct ArtifactHasherTests {
  @Test(arguments: TorrentVersion.allCases, 1...4)
  func hashesAreThoseOfANaiveComputationOnAnyNumberOfThreads(version: TorrentVersion, threads: Int) throws {
    let fixture = try HashFixture(
      [1_000_000, 0, 5, 65_536, 131_072, 16_384, 16_385, 300_001, 1], pieceLength: 65_536, version: version)
    let hashed = try fixture.hash(threads: threads)
    #expect(hashed.pieceHashes == fixture.pieceHashes)
    #expect(hashed.pieceLayers == fixture.pieceLayers)
  }

  @Test(arguments: TorrentVersion.allCases, 0..<6)
  func randomArtifactsHashAsANaiveComputationDoes(version: TorrentVersion, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let lengths = (0..<Int.random(in: 1...12, using: &random)).map { _ in
      Int.random(in: 0...([1, 20_000, 100_000, 700_000].randomElement(using: &random) ?? 1), using: &random)
    }
    let pieceLength = [16_384, 32_768, 262_144, 524_288].randomElement(using: &random) ?? 16_384
    let fixture = try HashFixture(lengths + [1], pieceLength: pieceLength, version: version, seed: seed)
    let hashed = try fixture.hash(threads: Int.random(in: 1...3, using: &random))
    #expect(hashed.pieceHashes == fixture.pieceHashes)
    #expect(hashed.pieceLayers == fixture.pieceLayers)
  }

  @Test func v1PiecesMayHaveAnyLength() throws {
    let fixture = try HashFixture([100_000, 7, 0, 12_345], pieceLength: 1_000, version: .v1)
    #expect(try fixture.hash().pieceHashes == fixture.pieceHashes)
  }

  @Test func evidenceAndPathsComeWithTheHashes() throws {
    let fixture = try HashFixture([100, 200], pieceLength: 16_384, version: .hybrid)
    let hashed = try fixture.hash()
    #expect(fixture.layout.files.map(\.isPadding) == [false, true, false])
    #expect(hashed.paths == [["artifact", "000"], [], ["artifact", "001"]])
    #expect(
      hashed.identities == [
        FileIdentity.of(path: fixture.folder.path("artifact/000")), nil, FileIdentity.of(path: fixture.folder.path("artifact/001")),
      ])
  }

  @Test func progressNeverGoesBackAndEndsAtTheTotal() throws {
    let fixture = try HashFixture([500_000, 3, 500_000], pieceLength: 16_384, version: .hybrid)
    let reports = Reports()
    _ = try fixture.hash(threads: 3) { reports.add($0) }
    let seen = reports.all
    #expect(seen.map(\.done) == seen.map(\.done).sorted())
    #expect(seen.last == HashProgress(done: fixture.layout.span, total: fixture.layout.span))
  }

  @Test func aFileChangedWhileItIsHashedIsNamed() throws {
    let fixture = try HashFixture([200_000, 200_000], pieceLength: 16_384, version: .v1)
    let path = fixture.folder.path("artifact/001")
    let first = Once()
    #expect(throws: StorageError.changed(path: path, what: "it was written to")) {
      try fixture.hash(threads: 1) { _ in
        if first.take() { patch(path, at: 150_000) }
      }
    }
  }

  @Test func aFileChangedAfterItWasReadIsNamed() throws {
    let fixture = try HashFixture([200_000, 5], pieceLength: 16_384, version: .v2)
    let path = fixture.folder.path("artifact/000")
    #expect(throws: StorageError.changed(path: path, what: "it was written to")) {
      try fixture.hash { if $0.done == $0.total { patch(path, at: 0) } }
    }
  }

  @Test func aFileThatShrinksWhileItIsHashedIsNamed() throws {
    let fixture = try HashFixture([200_000], pieceLength: 16_384, version: .v1)
    let path = fixture.folder.path("artifact/000")
    let first = Once()
    #expect(throws: StorageError.truncated(path: path, offset: 100_000, size: 100_000)) {
      try fixture.hash(threads: 1) { _ in
        if first.take() { _ = truncate(path, 100_000) }
      }
    }
  }

  @Test func aFileReplacedOrGoneSinceTheScanIsNamed() throws {
    let fixture = try HashFixture([10, 10, 0], pieceLength: 16_384, version: .v1)
    try fixture.folder.write([1], to: "artifact/002")
    #expect(throws: StorageError.changed(path: fixture.folder.path("artifact/002"), what: "it is 1 bytes long, not 0")) {
      try fixture.hash()
    }
    try fixture.folder.remove("artifact/001")
    #expect(throws: StorageError.missing(path: fixture.folder.path("artifact/001"))) { try fixture.hash() }
  }

  @Test func cancellingEndsItBeforeTheNextPiece() throws {
    let fixture = try HashFixture([200_000], pieceLength: 16_384, version: .v1)
    let reports = Reports()
    #expect(throws: StorageError.cancelled) {
      try fixture.hash(threads: 1, { reports.add($0) }, isCancelled: { reports.all.count == 3 })
    }
    #expect(reports.all.count == 3)
  }

  @Test func aTorrentUnderAnotherNameIsHashedFromWhereItsFileLies() throws {
    let folder = try TemporaryDirectory()
    try folder.write([1, 2, 3], to: "disk-name")
    let scan = try ArtifactScan.scan(path: folder.path("disk-name"))
    let layout = PieceLayout(files: [TorrentFile(path: ["other-name"], length: 3)], pieceLength: 16_384, isFileAligned: false)
    let hashed = try ArtifactHasher.hash(layout: layout, version: .v1, scan: scan, threads: 1)
    #expect(hashed.pieceHashes == SHA1Digest.hash(of: [1, 2, 3]).bytes)
    #expect(hashed.paths == [["disk-name"]])
  }

  @Test func namesThatDifferOnlyInHowTheyAreComposedAreTwoFiles() throws {
    let folder = try TemporaryDirectory()
    try folder.write([1, 2, 3], to: "artifact/\u{e9}")
    try folder.write([4, 5, 6], to: "artifact/e\u{301}")
    let scan = try ArtifactScan.scan(path: folder.path("artifact"))
    let layout = PieceLayout(files: scan.torrentFiles, pieceLength: 16_384, isFileAligned: false)
    let hashed = try ArtifactHasher.hash(layout: layout, version: .v1, scan: scan, threads: 1)
    #expect(hashed.pieceHashes == SHA1Digest.hash(of: [4, 5, 6, 1, 2, 3]).bytes)
  }

  @Test func aTorrentOfOtherFilesThanTheScansIsRefused() throws {
    let fixture = try HashFixture([10, 20], pieceLength: 16_384, version: .v1)
    func hash(_ files: [TorrentFile]) throws {
      let layout = PieceLayout(files: files, pieceLength: 16_384, isFileAligned: false)
      _ = try ArtifactHasher.hash(layout: layout, version: .v1, scan: fixture.scan, threads: 1)
    }
    let files = fixture.layout.files
    #expect(throws: StorageError.notScanned(path: "001")) { try hash([files[0]]) }
    #expect(throws: StorageError.notScanned(path: "new")) { try hash(files + [TorrentFile(path: ["new"], length: 1)]) }
    #expect(throws: StorageError.notScanned(path: "000")) { try hash([TorrentFile(path: ["000"], length: 11), files[1]]) }
  }
}

private func patch(_ path: String, at offset: Int) {
  let descriptor = open(path, O_WRONLY)
  defer { close(descriptor) }
  let written = pwrite(descriptor, [0, 0, 0] as [UInt8], 3, offset)
  if written != 3 { Issue.record("cannot patch \(path)") }
}

/// Progress reports, in the order they came.
final class Reports: Sendable {
  private let reports = Mutex<[HashProgress]>([])

  func add(_ report: HashProgress) { reports.withLock { $0.append(report) } }

  var all: [HashProgress] { reports.withLock { $0 } }
}

/// True the first time.
final class Once: Sendable {
  private let taken = Atomic(false)

  func take() -> Bool { !taken.exchange(true, ordering: .relaxed) }
}
