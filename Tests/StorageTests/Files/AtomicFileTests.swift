import Glibc
import TestSupport
import Testing

@testable import Storage

struct AtomicFileTests {
  private let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  @Test func whatIsCreatedReplacesNothing() throws {
    let path = folder.path("file")
    try AtomicFile.create([1, 2], at: path, mode: 0o600)
    #expect(FileStatus(path: path).map { $0.mode & 0o777 } == 0o600)
    #expect(throws: StorageError.failed(path: path, operation: "create", offset: nil, errno: EEXIST)) {
      try AtomicFile.create([3], at: path)
    }
    #expect(try folder.read("file") == [1, 2])
    #expect(try folder.names() == ["file"])
  }

  @Test func writesAndReplacesLeavingNothingElse() throws {
    try AtomicFile.write(Array("first".utf8), to: folder.path("file"), mode: 0o600)
    #expect(try folder.read("file") == Array("first".utf8))
    #expect(FileStatus(path: folder.path("file")).map { $0.mode & 0o777 } == 0o600)
    try AtomicFile.write(Array("second".utf8), to: folder.path("file"), mode: 0o600)
    #expect(try folder.read("file") == Array("second".utf8))
    #expect(try folder.names() == ["file"])
  }

  @Test func aSweepTakesWhatKilledWritersLeftAndNothingElse() throws {
    for name in [".granary-1-abc.tmp", ".granary-2-def.tmp", "file.tmp", ".granary-note"] { try folder.write([1], to: name) }
    let living = open(folder.path(".granary-2-def.tmp"), O_RDONLY | O_CLOEXEC)
    defer { close(living) }
    #expect(flock(living, LOCK_SH) == 0)
    AtomicFile.sweep(folder: folder.path)
    #expect(try folder.names() == [".granary-2-def.tmp", ".granary-note", "file.tmp"])
  }

  @Test func aFileOfNothingIsWrittenToo() throws {
    try AtomicFile.write([], to: folder.path("empty"))
    #expect(try folder.read("empty") == [])
  }

  @Test func readersOfTheOldFileKeepIt() throws {
    try folder.write([1, 1, 1], to: "file")
    let old = open(folder.path("file"), O_RDONLY)
    defer { close(old) }
    try AtomicFile.write([2], to: folder.path("file"))
    var bytes: [UInt8] = [0, 0, 0]
    #expect(read(old, &bytes, 3) == 3)
    #expect(bytes == [1, 1, 1])
  }

  @Test func aLinkIsReplacedAndItsTargetLeftAlone() throws {
    try folder.write([1], to: "target")
    try folder.link("link", to: "target")
    try AtomicFile.write([2], to: folder.path("link"))
    #expect(try folder.read("target") == [1])
    #expect(FileStatus(path: folder.path("link"))?.isFile == true)
  }

  @Test func whatCannotBeWrittenIsSaidAndLeavesNothing() throws {
    #expect(throws: StorageError.failed(path: folder.path("no/file"), operation: "create", offset: nil, errno: ENOENT)) {
      try AtomicFile.write([1], to: folder.path("no/file"))
    }
    try folder.makeFolder("taken/full")
    #expect(throws: StorageError.failed(path: folder.path("taken"), operation: "rename into place", offset: nil, errno: EISDIR)) {
      try AtomicFile.write([1], to: folder.path("taken"))
    }
    #expect(try folder.names() == ["taken"])
  }
}
