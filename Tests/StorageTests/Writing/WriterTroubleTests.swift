import Glibc
import Metainfo
import NIOCore
import TestSupport
import Testing

@testable import Storage

struct WriterTroubleTests {
  @Test(arguments: [(ENOSPC, DiskTrouble.full), (EDQUOT, .full), (EIO, .broken), (EROFS, .readOnly)])
  func aWriteThatFailsIsTriedAgain(number: Int32, trouble: DiskTrouble) throws {
    let (fixture, disk) = (try WriterFixture(), FailingDisk())
    let writer = try fixture.writer(calls: disk.calls)
    // Some bytes of the block still fit.
    disk.failWrites(number, after: 20_000)
    let error = #expect(throws: StorageError.self) { try fixture.write(writer, fixture.pieces) }
    #expect(error?.trouble == trouble)
    let path = fixture.folder.path(fixture.staging + "/data/sample/a")
    #expect(error == .failed(path: path, operation: "write", offset: 20_000, errno: number))
    disk.heal()
    try fixture.write(writer, fixture.pieces)
    try writer.commit(fixture.pieces)
    _ = try writer.finish()
    try fixture.expectInPlace()
  }

  @Test func aDiskThatIsTooSmallIsKnownBeforehand() throws {
    let (fixture, disk) = (try WriterFixture(), FailingDisk())
    var settings = WriterSettings()
    settings.allocation = .preallocated
    let writer = try fixture.writer(settings: settings, calls: disk.calls)
    disk.failAllocating(ENOSPC)
    let error = #expect(throws: StorageError.self) { try writer.reserve() }
    #expect(error?.trouble == .full)
    // A file system that cannot set room aside takes it as it goes.
    disk.failAllocating(EOPNOTSUPP)
    try writer.reserve()
    disk.heal()
    try fixture.write(writer, fixture.pieces)
    try writer.commit(fixture.pieces)
    _ = try writer.finish()
    try fixture.expectInPlace()
  }

  /// No file system of a test machine has so much.
  @Test func moreThanTheDiskHasIsRefusedBeforeItIsFull() throws {
    let fixture = try WriterFixture()
    let descriptor = open(fixture.folder.path("huge"), O_RDWR | O_CREAT, 0o600)
    try #require(descriptor >= 0)
    let file = WritableFile(descriptor: descriptor, display: "huge")
    let error = #expect(throws: StorageError.self) { try file.extend(to: 1 << 43, allocating: true, WritingCalls()) }
    #expect(error == .failed(path: "huge", operation: "reserve space", offset: 0, errno: ENOSPC))
    #expect(file.identity?.size == 0)
  }

  @Test func preallocatedRoomIsReallyTaken() throws {
    let fixture = try WriterFixture(files: [.init("a", TorrentFixtures.content(300_000))])
    var settings = WriterSettings()
    settings.allocation = .preallocated
    let writer = try fixture.writer(settings: settings)
    try writer.reserve()
    var status = stat()
    try #require(stat(fixture.folder.path(fixture.staging + "/data/sample/a"), &status) == 0)
    #expect(status.st_size == 300_000 && status.st_blocks * 512 >= 300_000)
    // Room is not data: nothing of it is taken for a piece.
    #expect(writer.resume().doubtful.isEmpty)
  }

  @Test func whatCouldNotBeForcedToDiskIsNotHeld() throws {
    let (fixture, disk) = (try WriterFixture(), FailingDisk())
    let writer = try fixture.writer(calls: disk.calls)
    try fixture.write(writer, [0, 1])
    disk.failSynchronizing(EIO)
    let error = #expect(throws: StorageError.self) { try writer.commit([0, 1]) }
    #expect(error?.trouble == .broken && writer.held.isEmpty)
    disk.heal()
    #expect(try fixture.right(writer, [0, 1]) == [0, 1])
    try writer.commit([0, 1])
    #expect(writer.held == fixture.bitfield([0, 1]))
  }

  @Test func aRecordThatCannotBeWrittenLeavesTheOldOne() throws {
    let (fixture, disk) = (try WriterFixture(), FailingDisk())
    do {
      let writer = try fixture.writer(calls: disk.calls)
      try fixture.write(writer, [0, 1])
      try writer.commit([0])
      try writer.synchronize(Set(fixture.layout.files.indices))
      disk.failWrites(ENOSPC)
      let error = #expect(throws: StorageError.self) { try writer.commit([1]) }
      #expect(error?.trouble == .full && writer.held == fixture.bitfield([0]))
    }
    let resumption = try fixture.writer().resume()
    #expect(resumption.held == fixture.bitfield([0]) && resumption.doubtful == fixture.bitfield([1]))
  }

  @Test func onlyFilesThatWereWrittenToAreForcedToDisk() throws {
    let (fixture, disk) = (try WriterFixture(), FailingDisk())
    let writer = try fixture.writer(calls: disk.calls)
    try fixture.write(writer, [0])
    try writer.commit([0])
    let before = disk.synchronized
    try writer.commit([0])
    // The record alone.
    #expect(disk.synchronized == before + 1)
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func whateverFailsAndWheneverItEndsNothingIsHeldThatIsNotRight(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let version = TorrentVersion.allCases[Int(seed) % TorrentVersion.allCases.count]
    let (fixture, disk) = (try WriterFixture(version), FailingDisk())
    var settings = WriterSettings()
    settings.openFiles = 2
    var promised: Set<Int> = []
    var isFinished = false
    for _ in 0..<200 where !isFinished {
      let writer = try fixture.writer(settings: settings, calls: disk.calls)
      let resumption = writer.resume()
      #expect(promised.allSatisfy { resumption.held[$0] }, "what was committed is lost")
      #expect(try fixture.right(writer, resumption.held.pieces) == Array(resumption.held.pieces))
      try? writer.commit(try fixture.right(writer, resumption.doubtful.pieces))
      for _ in 0..<Int.random(in: 1...10, using: &random) {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: disk.failWrites([ENOSPC, EIO].randomElement(using: &random) ?? EIO, after: Int.random(in: 0...90_000, using: &random))
        case 1: disk.failSynchronizing(EIO)
        case 2, 3: disk.heal()
        default: break
        }
        let piece = fixture.pieces.filter { !writer.held[$0] }.randomElement(using: &random)
        guard let piece, (try? fixture.write(writer, [piece])) != nil else { continue }
        if Bool.random(using: &random) { try? writer.commit([piece]) }
      }
      promised = Set(writer.held.pieces)
      if writer.held.isFull { isFinished = (try? writer.finish()) != nil }
      if !isFinished, Bool.random(using: &random) { try? writer.close() }
    }
    disk.heal()
    #expect(isFinished)
    try fixture.expectInPlace()
  }
}
