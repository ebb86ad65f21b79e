import Foundation
import Glibc
import Metainfo
import TestSupport
import Testing

@testable import Storage

struct FileIdentityTests {
  @Test func descriptorAndPathGiveTheSameIdentityWithItsNanoseconds() throws {
    let folder = try TemporaryDirectory()
    try folder.write([1, 2, 3], to: "file")
    var times = [timespec(tv_sec: 1_000_000_000, tv_nsec: 123_456_789), timespec(tv_sec: 1_700_000_000, tv_nsec: 987_654_321)]
    try #require(utimensat(AT_FDCWD, folder.path("file"), &times, 0) == 0)
    let descriptor = open(folder.path("file"), O_RDONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let identity = try #require(FileIdentity.of(descriptor: descriptor))
    #expect(identity == FileIdentity.of(path: folder.path("file")))
    #expect(identity.size == 3)
    #expect(identity.modified == 1_700_000_000_987_654_321)
    #expect(identity.changed > identity.modified)
  }

  @Test func aTimeBeyondEveryClockDoesNotTrap() throws {
    let folder = try TemporaryDirectory()
    try folder.write([1], to: "file")
    var times = [timespec(tv_sec: 15_000_000_000, tv_nsec: 1), timespec(tv_sec: 15_000_000_000, tv_nsec: 1)]
    try #require(utimensat(AT_FDCWD, folder.path("file"), &times, 0) == 0)
    #expect(FileIdentity.of(path: folder.path("file")) != nil)
  }

  @Test func whatIsNotThereHasNoIdentity() throws {
    let folder = try TemporaryDirectory()
    #expect(FileIdentity.of(path: folder.path("nothing")) == nil)
    #expect(FileIdentity.of(descriptor: -1) == nil)
  }

  @Test func theDifferenceIsSaid() {
    let identity = FileIdentity(device: 1, inode: 2, size: 3, modified: 4, changed: 5)
    func differing(device: UInt64 = 1, inode: UInt64 = 2, size: Int64 = 3, modified: Int64 = 4, changed: Int64 = 5) -> String? {
      identity.difference(from: FileIdentity(device: device, inode: inode, size: size, modified: modified, changed: changed))
    }
    #expect(differing() == nil)
    #expect(differing(device: 9) == "another file stands in its place")
    #expect(differing(inode: 9) == "another file stands in its place")
    #expect(differing(size: 9) == "it is 9 bytes long, not 3")
    #expect(differing(modified: 9) == "it was written to")
    #expect(differing(changed: 9) == "its inode was changed")
  }
}
