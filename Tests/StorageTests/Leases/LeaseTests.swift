import Glibc
import Metainfo
import Synchronization
import TestSupport
import Testing

@testable import Storage

/// Whether the temporary folder's file system, and this kernel, give leases.
let canLease: Bool = {
  guard let fixture = try? ReaderFixture(length: 1) else { return false }
  let keeper = LeaseKeeper()
  let reader = fixture.reader(cache: DescriptorCache(capacity: 1, leases: keeper))
  return reader.read(fixture.blocks()).result == .complete && keeper.counts.held == 1
}()

@Suite(.enabled("the temporary folder's file system gives no leases") { canLease }, .timeLimit(.minutes(10)))
struct LeaseTests {
  private let fixture: ReaderFixture
  private let keeper = LeaseKeeper()
  private let cache: DescriptorCache
  private let reader: ArtifactReader
  private let rung = News()
  private var file: String { fixture.folder.path("artifact/file") }
  private var blocks: [Block] { fixture.blocks() }

  init() throws {
    fixture = try ReaderFixture(length: 200_000)
    cache = DescriptorCache(capacity: 4, leases: keeper)
    reader = fixture.reader(cache: cache, identities: fixture.identities)
    reader.onChange { [rung] in rung.add($0) }
    try awaitWriters()
  }

  /// A process that another test starts has our descriptors until its exec, the one that wrote the file among them: until then there is no
  /// lease on it.
  private func awaitWriters() throws {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let deadline = ContinuousClock.now + .seconds(30)
    while keeper.isBeingWritten(descriptor), ContinuousClock.now < deadline { sched_yield() }
  }

  /// Runs a shell's words in another process, with the file as `$0`.
  private func other(_ words: String) async throws {
    try await ProcessRunner("sh", ["-c", words, file]).output()
  }

  @Test func whatIsHeldOpenIsLeasedAndGivenBackWithTheDescriptor() throws {
    #expect(reader.read(blocks).bytes == fixture.expected(blocks))
    #expect(keeper.counts.held == 1 && keeper.counts.taken == 1)
    cache.removeAll(of: reader.number)
    #expect(keeper.counts.held == 0 && keeper.counts.broken == 0)
  }

  @Test func anotherProcessThatOpensForWritingIsNotHeldUpAndWeAreTold() async throws {
    #expect(reader.read(blocks).result == .complete)
    // Without us the kernel would make it wait for 45 seconds. Measured by the process that waits, around nothing but its `open`.
    let words = "a=$EPOCHREALTIME; exec 3<>\"$0\"; b=$EPOCHREALTIME; echo $((${b/[.,]/} - ${a/[.,]/}))"
    let microseconds = Int(try await ProcessRunner("bash", ["-c", words, file]).output().filter(\.isNumber))
    #expect(try #require(microseconds) < 20_000_000, "\(microseconds ?? 0) microseconds")
    #expect(await rung.told(1) == [.openedForWriting(path: file)])
    #expect(cache.count == 0 && keeper.counts.held == 0 && keeper.counts.broken == 1)
    // Nothing was written: the evidence holds, and the file is leased again.
    #expect(reader.read(blocks).bytes == fixture.expected(blocks))
    #expect(keeper.counts.held == 1)
  }

  @Test(arguments: [
    "printf x | dd of=\"$0\" conv=notrunc status=none", "dd if=/dev/null of=\"$0\" bs=1 seek=10 status=none", "printf x >> \"$0\"",
  ])
  func nothingIsReadOnceAnotherProcessHasWritten(words: String) async throws {
    #expect(reader.read(blocks).result == .complete)
    try await other(words)
    #expect(await rung.told(1) == [.openedForWriting(path: file)])
    guard case .failed(appended: 0, .changed) = reader.read(blocks).result else {
      Issue.record("served after \(words)")
      return
    }
  }

  @Test func bytesReadFromABrokenFileAreNotBelieved() async throws {
    // A batch in progress holds the file while another process opens it.
    let held = try #require(try reader.open(file: 0, waiting: true))
    #expect(held.doubt(file) == nil && held.isLeased)
    try await other("exec 3<>\"$0\"")
    #expect(held.doubt(file) == .openedForWriting(path: file))
    #expect(!held.isLeased)
  }

  @Test func aSignalThatComesLateMeansNothingForTheFileThatHasTheNumberNow() throws {
    let held = try #require(try reader.open(file: 0, waiting: true))
    keeper.signalled(held.descriptor)
    keeper.signalled(held.descriptor + 1_000)
    // Signals were lost: every lease is asked about, and this one stands.
    keeper.signalled(-1)
    #expect(held.doubt(file) == nil && rung.errors == [] && keeper.counts.broken == 0)
  }

  @Test func manyBreaksAtOnceAreEachFound() async throws {
    let files = (0..<200).map { TorrentFile(path: ["f\($0)"], length: 100) }
    let fixture = try ReaderFixture(files, pieceLength: 16_384)
    let reader = fixture.reader(cache: DescriptorCache(capacity: 256, leases: keeper), identities: fixture.identities)
    let rung = News()
    reader.onChange { rung.add($0) }
    #expect(reader.read(fixture.blocks()).result == .complete)
    // Processes that other tests start hold our descriptors until their exec: what such a one had just then has no lease.
    let held = keeper.counts.held
    #expect(held + keeper.counts.beingWritten == 200 && held > 100)
    try await ProcessRunner("sh", ["-c", "for f in \"$0\"/f*; do : >> \"$f\"; done", fixture.folder.path("artifact")]).output()
    #expect(Set(await rung.told(held)).count == held)
    #expect(keeper.counts.held == 0 && keeper.counts.broken == held)
  }

  @Test func aFileThatIsBeingWrittenIsServedWithoutALeaseAndComparedAfterEachRead() throws {
    let writer = open(file, O_WRONLY)
    try #require(writer >= 0)
    defer { close(writer) }
    let files = [ArtifactLook.File(path: ["artifact", "file"], identity: nil)]
    #expect(ArtifactLook.isBeingWritten(files, below: fixture.folder.path, leases: keeper))
    #expect(reader.read(blocks).result == .complete)
    #expect(keeper.counts.beingWritten == 1 && keeper.counts.held == 0)
    try #require(pwrite(writer, "x", 1, 7) == 1)
    #expect(reader.read(blocks).result == .failed(appended: 0, .changed(path: file, what: "it was written to")))
    #expect(reader.checkOpenFiles().first?.isVouchedFor == false)
  }

  @Test func aFileWithoutAWriterIsNotBeingWritten() {
    let files = [ArtifactLook.File(path: ["artifact", "file"], identity: nil)]
    #expect(!ArtifactLook.isBeingWritten(files, below: fixture.folder.path, leases: keeper))
    #expect(keeper.counts.held == 0 && keeper.counts.broken == 0)
  }

  @Test func aRenameDoesNotBreakALeaseAndIsFoundByTheLook() throws {
    #expect(reader.read(blocks).result == .complete)
    try fixture.folder.write([UInt8](repeating: 7, count: 200_000), to: "new")
    try fixture.folder.rename("new", to: "artifact/file")
    // What is held open is the file that was verified.
    #expect(reader.read(blocks).bytes == fixture.expected(blocks))
    let found = reader.checkOpenFiles()
    #expect(found.count == 1 && found.first?.isVouchedFor == true)
  }

  @Test func whatCannotBeLeasedIsCounted() throws {
    let folder = open(fixture.folder.path, O_RDONLY | O_DIRECTORY)
    try #require(folder >= 0)
    defer { close(folder) }
    #expect(keeper.take(folder, notify: {}) == nil)
    #expect(keeper.counts.unsupported == 1)
  }

  @Test func childProcessesInheritNothingOfIt() throws {
    #expect(reader.read(blocks).result == .complete)
    let pipe = try #require(popen("grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status", "r"))
    defer { pclose(pipe) }
    var masks: [String] = []
    while true {
      var line = [CChar](repeating: 0, count: 128)
      guard fgets(&line, 128, pipe) != nil else { break }
      masks.append(String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
    // SIGRTMIN + 7 is 41: the mask's bit 40.
    let lease: UInt64 = 1 << 40
    #expect(masks.count == 3)
    for mask in masks {
      let bits = UInt64(mask.split(separator: "\t").last?.dropLast() ?? "", radix: 16)
      #expect(bits.map { $0 & lease } == 0, "\(mask)")
    }
  }
}

/// What readers have told, in order.
final class News: Sendable {
  private let told = Mutex<[StorageError]>([])

  var errors: [StorageError] { told.withLock { $0 } }
  func add(_ error: StorageError) { told.withLock { $0.append(error) } }

  /// What there is once so many have been told: whoever waited for the lease may go on before we hear of it.
  func told(_ count: Int) async -> [StorageError] {
    let deadline = ContinuousClock.now + .seconds(30)
    while errors.count < count, ContinuousClock.now < deadline { await Task.yield() }
    return errors
  }
}
