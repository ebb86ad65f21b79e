import Metainfo
import TestSupport
import Testing

@testable import Storage

struct ScannedLinksTests {
  private let folder: TemporaryDirectory
  private var root: String { folder.path("artifact") }

  init() throws {
    folder = try TemporaryDirectory("links")
    try folder.write([1], to: "artifact/a/b/file")
    try folder.write([2], to: "outside/file")
  }

  private func target(of link: String) throws -> [String]? {
    let scan = try ArtifactScan.scan(path: root)
    return scan.files.first { $0.file.displayPath == link }?.file.symlinkTarget
  }

  @Test(arguments: [
    ("b/file", ["a", "b", "file"]), ("./b//file", ["a", "b", "file"]), ("../a/b", ["a", "b"]), ("b/../b/file", ["a", "b", "file"]),
    ("../top", ["top"]), ("../../artifact/a/b", ["a", "b"]),
  ])
  func linksThatStayInsideAreKept(text: String, expected: [String]) throws {
    try folder.write([3], to: "artifact/top")
    try folder.link("artifact/a/link", to: text)
    #expect(try target(of: "a/link") == expected)
    let file = try ArtifactScan.scan(path: root).files.first { $0.file.path == ["a", "link"] }
    #expect(file?.identity == nil)
    #expect(file?.file.length == 0)
  }

  @Test func anAbsoluteLinkThatStaysInsideIsKeptAsARelativeOne() throws {
    try folder.link("artifact/a/link", to: "\(root)/a/b/file")
    #expect(try target(of: "a/link") == ["a", "b", "file"])
  }

  @Test func aLinkToALinkStaysOne() throws {
    try folder.link("artifact/one", to: "a/b/file")
    try folder.link("artifact/two", to: "one")
    #expect(try target(of: "two") == ["one"])
  }

  @Test func aLinkedFolderIsNotWalkedThrough() throws {
    try folder.link("artifact/again", to: "a")
    #expect(try ArtifactScan.scan(path: root).files.map(\.file.displayPath) == ["a/b/file", "again"])
  }

  @Test func aLinkThatClimbsThroughALinkedFolderGoesWhereTheKernelGoes() throws {
    try folder.link("artifact/deep", to: "a/b")
    // As text this is `top`, but `deep/..` is the folder `a`.
    try folder.link("artifact/link", to: "deep/../b/file")
    #expect(try target(of: "link") == ["a", "b", "file"])
  }

  @Test func aDanglingLinkIsKeptAndSaid() throws {
    try folder.link("artifact/link", to: "a/none")
    let scan = try ArtifactScan.scan(path: root)
    #expect(try target(of: "link") == ["a", "none"])
    #expect(scan.warnings == [ScanWarning(path: "\(root)/link", kind: .danglingLink(target: "a/none"))])
  }

  @Test(arguments: [
    ("../outside/file", "leads outside of the artifact"), ("/etc", "leads outside of the artifact"),
    ("../none", "leads outside of the artifact, to nothing"), ("/none/at/all", "leads outside of the artifact, to nothing"),
    ("../artifact/../outside", "leads outside of the artifact"), ("link", "leads in a circle"),
    (".", "leads to the artifact's own folder"),
    ("a/..", "leads to the artifact's own folder"),
  ])
  func linksThatNoTorrentCanHoldAreRefusedOrLeftOut(text: String, why: String) throws {
    try folder.link("artifact/link", to: text)
    #expect(throws: StorageError.badLink(path: "\(root)/link", target: text, why: why)) { try ArtifactScan.scan(path: root) }
    let scan = try ArtifactScan.scan(path: root, options: ScanOptions(skipSymlinks: true))
    #expect(scan.files.map(\.file.displayPath) == ["a/b/file"])
    #expect(scan.warnings == [ScanWarning(path: "\(root)/link", kind: .skippedLink(target: text, why: why))])
  }
}
