import Foundation
import Glibc
import Storage
import TestSupport
import Testing

extension TemporaryDirectory {
  func makeFolder(_ relative: String) throws {
    try FileManager.default.createDirectory(atPath: path(relative), withIntermediateDirectories: true)
  }

  func link(_ relative: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path(relative), withDestinationPath: target)
  }

  func remove(_ relative: String) throws {
    try FileManager.default.removeItem(atPath: path(relative))
  }

  func rename(_ from: String, to target: String) throws {
    try #require(Glibc.rename(path(from), path(target)) == 0)
  }

  func makePipe(_ relative: String) throws {
    try #require(mkfifo(path(relative), 0o600) == 0)
  }

  func truncate(_ relative: String, to size: Int) throws {
    try #require(Glibc.truncate(path(relative), size) == 0)
  }

  /// Overwrites bytes in place, the file's length as it was.
  func patch(_ relative: String, at offset: Int, with bytes: [UInt8]) throws {
    let descriptor = open(path(relative), O_WRONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try #require(pwrite(descriptor, bytes, bytes.count, offset) == bytes.count)
  }

  /// Adds bytes to the file's end.
  func append(_ relative: String, _ bytes: [UInt8]) throws {
    let descriptor = open(path(relative), O_WRONLY | O_APPEND)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
  }

  func names(in relative: String = ".") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path(relative)).sorted()
  }

  /// Takes the file's bytes from `offset` on out of the page cache.
  func evict(_ relative: String, from offset: Int = 0) throws {
    let descriptor = open(path(relative), O_RDWR)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try #require(fsync(descriptor) == 0)
    try #require(posix_fadvise(descriptor, offset, 0, POSIX_FADV_DONTNEED) == 0)
  }
}
