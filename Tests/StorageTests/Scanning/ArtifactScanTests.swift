import Glibc
import Metainfo
import TestSupport
import Testing

@testable import Storage

struct ArtifactScanTests {
  private let folder: TemporaryDirectory
  private var root: String { folder.path("artifact") }

  init() throws {
    folder = try TemporaryDirectory("scan")
    try folder.makeFolder("artifact")
  }

  private func scan(_ options: ScanOptions = ScanOptions()) throws -> ScannedArtifact {
    try ArtifactScan.scan(path: root, options: options)
  }

  private func paths(_ scan: ScannedArtifact) -> [String] { scan.files.map(\.file.displayPath) }

  @Test func aFolderIsFoundInTheOrderOfItsBytesWithEmptyFilesAndExecutables() throws {
    for name in ["b", "a/z", "a/y/x", "a.b", "B", "\u{e9}", "e\u{301}", "empty"] {
      try folder.write(name == "empty" ? [] : [1, 2], to: "artifact/\(name)")
    }
    try #require(chmod(folder.path("artifact/b"), 0o755) == 0)
    let found = try scan()
    #expect(found.name == "artifact")
    #expect(found.root == folder.path)
    #expect(!found.isSingleFile)
    #expect(paths(found).map { Array($0.utf8) } == ["B", "a/y/x", "a/z", "a.b", "b", "empty", "e\u{301}", "\u{e9}"].map { Array($0.utf8) })
    #expect(found.files.map(\.file.length) == [2, 2, 2, 2, 2, 0, 2, 2])
    #expect(found.files.filter(\.file.isExecutable).map(\.file.path) == [["b"]])
    #expect(found.files.allSatisfy { $0.identity == FileIdentity.of(path: "\(root)/\($0.file.displayPath)") })
    #expect(found.warnings == [])
    #expect(found.relativePath(of: found.torrentFiles[1]) == ["artifact", "a", "y", "x"])
  }

  @Test func aSingleFileHasItsNameAsPath() throws {
    try folder.write([1, 2, 3], to: "file.bin")
    let found = try ArtifactScan.scan(path: folder.path("file.bin"))
    #expect(found.isSingleFile)
    #expect(found.name == "file.bin")
    #expect(found.root == folder.path)
    #expect(found.torrentFiles == [TorrentFile(path: ["file.bin"], length: 3)])
    #expect(found.files[0].identity == FileIdentity.of(path: folder.path("file.bin")))
    #expect(found.relativePath(of: TorrentFile(path: ["renamed"], length: 3)) == ["file.bin"])
  }

  @Test(arguments: ["link", "link/"])
  func aRootThatIsALinkIsResolvedAndSaid(name: String) throws {
    try folder.write([1], to: "artifact/file")
    try folder.link("link", to: "artifact")
    let found = try ArtifactScan.scan(path: folder.path(name))
    #expect(found.name == "artifact")
    #expect(found.warnings == [ScanWarning(path: folder.path(name), kind: .rootIsLink(target: root))])
  }

  @Test func emptyFoldersAreSaid() throws {
    try folder.write([1], to: "artifact/file")
    try folder.makeFolder("artifact/one/two")
    #expect(try scan().warnings == [ScanWarning(path: "\(root)/one/two", kind: .emptyFolder)])
  }

  @Test func nothingToPublishIsRefused() throws {
    #expect(throws: StorageError.empty(path: root)) { try scan() }
    #expect(throws: StorageError.missing(path: folder.path("none"))) { try ArtifactScan.scan(path: folder.path("none")) }
    #expect(throws: StorageError.badName(path: "/", why: "has no name to publish under")) { try ArtifactScan.scan(path: "/") }
    try folder.makePipe("pipe")
    #expect(throws: StorageError.wrongKind(path: folder.path("pipe"), found: "a named pipe")) {
      try ArtifactScan.scan(path: folder.path("pipe"))
    }
  }

  @Test func specialFilesAreRefusedOrLeftOut() throws {
    try folder.write([1], to: "artifact/file")
    try folder.makePipe("artifact/pipe")
    #expect(throws: StorageError.wrongKind(path: "\(root)/pipe", found: "a named pipe")) { try scan() }
    let found = try scan(ScanOptions(skipSpecialFiles: true))
    #expect(paths(found) == ["file"])
    #expect(found.warnings == [ScanWarning(path: "\(root)/pipe", kind: .skippedSpecial(found: "a named pipe"))])
  }

  @Test func namesThatAreNoTextAreRefusedWithThePlace() throws {
    try folder.makeFolder("artifact/sub")
    let parent = open(folder.path("artifact/sub"), O_RDONLY | O_DIRECTORY)
    defer { close(parent) }
    let name: [CChar] = [0x61, CChar(bitPattern: 0xff), 0]
    let file = openat(parent, name, O_WRONLY | O_CREAT, 0o600)
    try #require(file >= 0)
    close(file)
    #expect(throws: StorageError.badName(path: "\(root)/sub/a\u{fffd}", why: "the name is not valid UTF-8")) { try scan() }
  }

  @Test func everythingInTheWayIsFoundInOneGo() throws {
    try folder.makePipe("artifact/a")
    try folder.link("artifact/b", to: "/etc/hostname")
    try folder.write([1], to: "artifact/c")
    #expect { try scan() } throws: { error in
      guard case .several(let faults) = error as? StorageError else { return false }
      return faults == [
        .wrongKind(path: "\(root)/a", found: "a named pipe"),
        .badLink(path: "\(root)/b", target: "/etc/hostname", why: "leads outside of the artifact"),
      ]
    }
  }

  /// Root may read everything; with another file-system user id, which is the thread's own, it may not.
  @Test(.enabled("needs root") { geteuid() == 0 })
  func unreadableFilesAndFoldersAreAllListed() throws {
    for name in ["one", "sub/two", "closed/three", "open"] { try folder.write([1], to: "artifact/\(name)") }
    try #require(chmod(folder.path, 0o755) == 0)
    for name in ["one", "sub/two", "closed"] { try #require(chmod(folder.path("artifact/\(name)"), 0) == 0) }
    let setfsuid = try #require(dlsym(nil, "setfsuid"))
    let become = unsafeBitCast(setfsuid, to: (@convention(c) (uid_t) -> Int32).self)
    _ = become(65_534)
    defer { _ = become(0) }
    #expect { try scan() } throws: { error in
      guard let error = error as? StorageError else { return false }
      return error
        == .several(
          ["closed", "one", "sub/two"].map {
            .failed(path: "\(root)/\($0)", operation: "open", offset: nil, errno: EACCES)
          })
    }
  }
}
