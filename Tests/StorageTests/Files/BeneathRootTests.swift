import Glibc
import TestSupport
import Testing

@testable import Storage

struct BeneathRootTests {
  private let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write([1], to: "root/plain/file")
    try folder.write([2], to: "outside/file")
    try folder.link("root/out", to: "../outside")
    try folder.link("root/in", to: "plain")
    try folder.link("root/plain/link", to: "file")
    try folder.link("way", to: "root")
  }

  private func open(_ path: [String], root: String = "root") throws(StorageError) -> [UInt8] {
    guard let descriptor = try BeneathRoot(root: folder.path(root)).open(path, flags: O_RDONLY) else { return [] }
    defer { close(descriptor) }
    var byte: UInt8 = 0
    return read(descriptor, &byte, 1) == 1 ? [byte] : []
  }

  @Test func aPlainPathOpensAlsoThroughALinkToTheRoot() throws {
    #expect(try open(["plain", "file"]) == [1])
    #expect(try open(["plain", "file"], root: "way") == [1])
  }

  @Test(arguments: [["out", "file"], ["in", "file"], ["plain", "link"]])
  func noLinkIsFollowed(path: [String]) {
    #expect(throws: StorageError.symlink(path: "\(folder.path("root"))/\(path.joined(separator: "/"))")) { try open(path) }
  }

  @Test(arguments: [[], [".."], ["plain", "..", "..", "outside", "file"], [""], ["."], ["plain/file"], ["pl\u{0}ain"]])
  func whatIsNoPlainNameIsRefused(path: [String]) {
    #expect { try open(path) } throws: { error in
      if case .some(.badName) = error as? StorageError { true } else { false }
    }
  }

  @Test func whatIsMissingIsSaidToBe() {
    #expect(throws: StorageError.missing(path: folder.path("root/none"))) { try open(["none"]) }
    #expect(throws: StorageError.missing(path: folder.path("root/plain/file/below"))) { try open(["plain", "file", "below"]) }
    #expect(throws: StorageError.missing(path: folder.path("gone/file"))) { try open(["file"], root: "gone") }
  }

  @Test func openingByComponentHasTheSameAnswers() throws {
    let root = Glibc.open(folder.path("root"), O_RDONLY | O_DIRECTORY)
    try #require(root >= 0)
    defer { close(root) }
    let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC
    let opened = BeneathRoot.openByComponent(root, ["plain", "file"], flags)
    #expect(opened >= 0)
    close(opened)
    #expect(BeneathRoot.openByComponent(root, ["out", "file"], flags) == -ELOOP)
    #expect(BeneathRoot.openByComponent(root, ["in", "file"], flags) == -ELOOP)
    #expect(BeneathRoot.openByComponent(root, ["plain", "link"], flags) == -ELOOP)
    #expect(BeneathRoot.openByComponent(root, ["none"], flags) == -ENOENT)
    #expect(BeneathRoot.openByComponent(root, ["plain", "file", "below"], flags) == -ENOTDIR)
  }

  @Test func aPathLongerThanTheKernelTakesAtOnceStillOpens() throws {
    let names = Array(repeating: String(repeating: "n", count: 250), count: 20)
    var parent = Glibc.open(folder.path("root"), O_RDONLY | O_DIRECTORY)
    for name in names {
      try #require(mkdirat(parent, name, 0o700) == 0)
      let next = openat(parent, name, O_RDONLY | O_DIRECTORY)
      close(parent)
      parent = next
    }
    let file = openat(parent, "file", O_WRONLY | O_CREAT, 0o600)
    try #require(file >= 0 && write(file, [7 as UInt8], 1) == 1)
    close(file)
    close(parent)
    #expect(try open(names + ["file"]) == [7])
  }
}
