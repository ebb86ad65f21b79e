import Glibc
import Metainfo
import NIOCore
import TestSupport
import Testing

@testable import Storage

@Suite(.enabled("the temporary folder's file system gives no leases") { canLease }, .timeLimit(.minutes(10)))
struct WindowTests {
  private static let length = WindowFixture.content.count
  private let fixture: WindowFixture
  private let keeper = LeaseKeeper()
  private let rung = News()
  private var file: String { fixture.folder.path("artifact/file") }

  init() throws {
    fixture = try WindowFixture()
    try awaitWriters(of: file)
  }

  /// A process that another test starts has our descriptors until its exec: until then there is no lease on the file.
  private func awaitWriters(of file: String) throws {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let deadline = ContinuousClock.now + .seconds(30)
    while keeper.isBeingWritten(descriptor), ContinuousClock.now < deadline { sched_yield() }
  }

  private func reader(limit: Int = 64 << 20) -> (ArtifactReader, WindowCache) {
    let windows = WindowCache(budget: WindowBudget(limit: limit))
    let cache = DescriptorCache(capacity: 4, leases: keeper, windows: windows)
    let reader = fixture.reader(cache: cache)
    reader.onChange { [rung] in rung.add($0) }
    return (reader, windows)
  }

  /// Asks for the blocks until they are wanted in windows, and maps those.
  private func warm(_ reader: ArtifactReader, _ blocks: [Block], now: ContinuousClock.Instant = .now) throws {
    try #require(reader.read(Array(blocks.prefix(1))).result == .complete)
    for _ in 0..<60 {
      for wanted in reader.slices(of: blocks, now: now).wanted { reader.map(wanted, now: now) }
    }
  }

  @Test func whatIsAskedForAgainAndAgainIsSentFromAWindow() throws {
    let (reader, windows) = reader()
    let blocks = fixture.blocks()
    #expect(reader.slices(of: [blocks[0]], now: .now).slices.isEmpty)
    try warm(reader, blocks)
    let slices = reader.slices(of: blocks, now: .now).slices
    #expect(slices.count == blocks.count)
    #expect(fixture.holds(slices, blocks))
    #expect(windows.count == 2 && windows.budget.used == Self.length)
  }

  @Test func aReaderThatGoesUnmapsOnceNobodyHasASlice() throws {
    var (reader, windows): (ArtifactReader?, WindowCache) = reader()
    let blocks = fixture.blocks()
    try warm(try #require(reader), blocks)
    var slices = reader?.slices(of: blocks, now: .now).slices ?? []
    reader = nil
    #expect(windows.count == 0 && windows.budget.used == Self.length)
    #expect(fixture.holds(slices, blocks))
    slices = []
    #expect(windows.budget.used == 0 && keeper.counts.held == 0)
  }

  @Test func noMoreIsLockedThanMayBe() throws {
    let (reader, windows) = reader(limit: MappedWindow.size)
    let blocks = fixture.blocks()
    let begin = ContinuousClock.now
    try warm(reader, blocks, now: begin)
    #expect(windows.count == 1 && windows.budget.used <= MappedWindow.size)
    // The rest is wanted still, and has the place once nobody has asked for what has it.
    let later = begin + .seconds(30)
    windows.sweep(now: later)
    let rest = blocks.filter { $0.piece >= 8 }
    try warm(reader, rest, now: later)
    #expect(fixture.holds(reader.slices(of: rest, now: later).slices, rest))
    #expect(windows.count == 1 && windows.budget.used < MappedWindow.size)
  }

  @Test func whatNobodyAsksForAnyMoreIsUnmapped() throws {
    let (reader, windows) = reader()
    let begin = ContinuousClock.now
    try warm(reader, fixture.blocks(), now: begin)
    windows.sweep(now: begin + .seconds(50))
    #expect(windows.count == 2)
    windows.sweep(now: begin + .seconds(70))
    #expect(windows.count == 0 && windows.budget.used == 0)
  }

  @Test func withoutALeaseThereIsNoWindow() throws {
    let writer = open(file, O_WRONLY | O_CLOEXEC)
    try #require(writer >= 0)
    defer { close(writer) }
    let (reader, windows) = reader()
    try warm(reader, fixture.blocks())
    #expect(windows.count == 0 && windows.budget.used == 0)
  }

  @Test(arguments: ["exec 3<>\"$0\"; : > \"$0\"", "printf x | dd of=\"$0\" conv=notrunc status=none"])
  func whoWantsToWriteWaitsUntilTheLastSliceIsGone(words: String) async throws {
    let (reader, windows) = reader()
    let blocks = fixture.blocks()
    try warm(reader, blocks)
    var slices = reader.slices(of: blocks, now: .now).slices
    #expect(slices.count == blocks.count)
    let writer = try ProcessRunner("sh", ["-c", words, file]).start()
    #expect(await rung.told(1) == [.openedForWriting(path: file)])
    // Told at once, and let through only when nothing can be seen of it any more.
    #expect(reader.slices(of: blocks, now: .now).slices.isEmpty)
    #expect(fixture.holds(slices, blocks) && writer.exit == nil)
    slices = []
    #expect(await writer.exit(within: .seconds(20)) == .code(0))
    #expect(windows.budget.used == 0 && keeper.counts.held == 0 && keeper.counts.broken == 1)
  }

  @Test func aFileThatWindowsHoldIsLookedAtThoughItsDescriptorHasLeftTheCache() throws {
    let windows = WindowCache(budget: WindowBudget(limit: 64 << 20))
    let cache = DescriptorCache(capacity: 1, leases: keeper, windows: windows)
    let reader = fixture.reader(cache: cache)
    try warm(reader, fixture.blocks())
    let other = try ReaderFixture(length: 100)
    #expect(other.reader(cache: cache).read(other.blocks()).result == .complete)
    try fixture.folder.write([1, 2, 3], to: "new")
    try fixture.folder.rename("new", to: "artifact/file")
    #expect(reader.checkOpenFiles().count == 1)
    #expect(windows.count == 0)
  }

  @Test func aBlockOfTwoWindowsOrOfTwoFilesIsRead() throws {
    let shifted = try WindowFixture(before: 5)
    try awaitWriters(of: shifted.folder.path("artifact/file"))
    let cache = DescriptorCache(capacity: 4, leases: keeper, windows: WindowCache(budget: WindowBudget(limit: 64 << 20)))
    let reader = shifted.reader(cache: cache)
    // Pieces begin five bytes later than windows do: one that begins in one window and ends in the next, one of both files, one within a window.
    let blocks = [
      Block(piece: 8, offset: 0, length: 5 + 16), Block(piece: 0, offset: 0, length: 16), Block(piece: 1, offset: 0, length: 16),
    ]
    #expect(reader.read([blocks[2]]).result == .complete)
    for _ in 0..<700 {
      for block in blocks { for wanted in reader.slices(of: [block], now: .now).wanted { reader.map(wanted, now: .now) } }
    }
    #expect(blocks.map { reader.slices(of: [$0], now: .now).slices.count } == [0, 0, 1])
  }
}
