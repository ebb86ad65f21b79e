import Foundation
import Glibc
import Metainfo
import TestSupport
import Testing

@testable import GranaryNode

/// Locks, paths, roots and patterns.
struct PlaceTests {
  // MARK: NodeLock

  @Test
  func aSecondTakerGetsNothingUntilTheFirstLetsGo() throws {
    let folder = try TemporaryDirectory("lock")
    let path = folder.path("lock")
    var first = try NodeLock(path: path)
    #expect(first != nil)
    #expect(try NodeLock(path: path) == nil)
    #expect(NodeLock.holder(path: path).hasPrefix("process \(getpid()) since "))
    withExtendedLifetime(first) {}
    first = nil
    // A child that another test starts has a copy of the descriptor from its fork to its exec.
    let end = ContinuousClock.now + .seconds(60)
    var second = try NodeLock(path: path)
    while second == nil, ContinuousClock.now < end {
      sched_yield()
      second = try NodeLock(path: path)
    }
    #expect(second != nil)
  }

  @Test
  func aLockThatCannotBeMadeIsAFailure() throws {
    let folder = try TemporaryDirectory("lock")
    let failure = #expect(throws: Failure.self) { try NodeLock(path: folder.path("no/such/folder/lock")) }
    #expect(failure?.status == .cannotCreate)
    #expect(NodeLock.holder(path: folder.path("lock")) == "another process")
    try folder.write(Array("nonsense of three words".utf8), to: "lock")
    #expect(NodeLock.holder(path: folder.path("lock")) == "another process")
  }

  // MARK: NodePaths

  @Test
  func theSocketIsInTheStateDirectoryWhereItsPathFits() {
    let fitting = "/" + String(repeating: "s", count: 107 - 1 - "/control.sock".count)
    #expect(NodePaths(state: fitting).socket == fitting + "/control.sock")
    #expect(NodePaths(state: fitting).socket.utf8.count == 107)
  }

  @Test
  func aLongStatePathHasAShortSocketOfItsOwn() {
    let long = "/" + String(repeating: "é", count: 60)
    let (one, two) = (NodePaths(state: long).socket, NodePaths(state: long + "2").socket)
    #expect(one.utf8.count <= 107 && one.hasSuffix(".sock") && one.contains("/granary-"))
    #expect(one != two)
    #expect(one == NodePaths(state: long).socket)
  }

  @Test
  func theStateDirectoryIsItsOwnersAlone() throws {
    let folder = try TemporaryDirectory("state")
    let paths = NodePaths(state: folder.path("a/state"))
    try paths.makeFolders()
    try paths.makeFolders()
    for path in [paths.state, paths.torrents] {
      #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o700)
    }
    try folder.write([], to: "file")
    let failure = #expect(throws: Failure.self) { try NodePaths(state: folder.path("file")).makeFolders() }
    #expect(failure?.status == .cannotCreate)
  }

  // MARK: RootsPolicy

  @Test
  func onlyWhatLiesBelowARootIsPermittedLinksResolved() throws {
    let folder = try TemporaryDirectory("roots")
    for name in ["srv/app/a", "srv-other/b", "secret/c"] { try folder.write([1], to: name) }
    try FileManager.default.createSymbolicLink(atPath: folder.path("srv/out"), withDestinationPath: folder.path("secret"))
    try FileManager.default.createSymbolicLink(atPath: folder.path("srv/in"), withDestinationPath: "app")
    try FileManager.default.createSymbolicLink(atPath: folder.path("root"), withDestinationPath: "srv")
    for root in ["srv", "root"] {
      let policy = RootsPolicy(roots: [folder.path(root)])
      for inside in ["srv", "srv/app", "srv/app/a", "srv/in/a", "root/app", "srv/not-yet"] { try policy.check(folder.path(inside)) }
      for outside in [
        "srv/out", "srv/out/c", "srv-other", "srv-other/b", "secret", "srv/..", "srv/../secret/c", "srv/../not-yet", "srv/out/not-yet",
      ] {
        let failure = #expect(throws: Failure.self, "\(outside)") { try policy.check(folder.path(outside)) }
        #expect(failure?.status == .notPermitted)
      }
    }
    #expect(throws: Failure.self) { try RootsPolicy(roots: []).check(folder.path("srv")) }
    try RootsPolicy(roots: ["/"]).check(folder.path("secret/c"))
  }

  // MARK: ArtifactPattern

  @Test
  func patternsAreOfNamesOrWholeInfoHashes() throws {
    let hash = try #require(SHA1Digest(hex: String(repeating: "ab", count: 20)))
    let infoHash = try #require(InfoHash(v1: hash, v2: nil))
    for (pattern, matches) in [
      ("app-1.0", true), ("app-*", true), ("app-?.0", true), ("APP-1.0", false), ("app", false), ("*", true), ("", false),
      (hash.description, true), (hash.description.uppercased(), true), (String(hash.description.prefix(10)), false),
    ] {
      #expect(ArtifactPattern(pattern).matches(name: "app-1.0", infoHash: infoHash) == matches, "\(pattern)")
    }
  }
}
