import Foundation
import Metainfo

/// A file that TLS needs, as it was when it was read.
struct TLSFile: Sendable {
  let bytes: [UInt8]
  let identity: FileIdentity
  /// Permission bits.
  let mode: UInt32

  /// Bytes at most: a bundle of every public authority is a fifth of it.
  static let longest = 1 << 20

  /// Reads a file. Throws where it cannot be read, is none, is too long, or changed meanwhile.
  static func read(_ path: String) throws(TLSFileError) -> TLSFile {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw TLSFileError(errno: errno) }
    defer { close(descriptor) }
    let before = try status(descriptor)
    guard before.st_mode & S_IFMT == S_IFREG else { throw TLSFileError(message: "is not a file") }
    let bytes = try read(descriptor)
    guard bytes.count <= longest else { throw TLSFileError(message: "has more than \(longest) bytes") }
    let identity = FileIdentity(try status(descriptor))
    guard identity == FileIdentity(before) else { throw TLSFileError(message: "was changed while it was read") }
    return TLSFile(bytes: bytes, identity: identity, mode: before.st_mode & 0o7777)
  }

  /// The file that has this path now; nil where none can be seen.
  static func identity(_ path: String) -> FileIdentity? {
    var found = stat()
    return stat(path, &found) == 0 ? FileIdentity(found) : nil
  }

  private static func status(_ descriptor: Int32) throws(TLSFileError) -> stat {
    var found = stat()
    guard fstat(descriptor, &found) == 0 else { throw TLSFileError(errno: errno) }
    return found
  }

  private static func read(_ descriptor: Int32) throws(TLSFileError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= longest {
      let count = Foundation.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw TLSFileError(errno: errno) }
      if count == 0 { break }
      bytes += chunk.prefix(count)
    }
    return bytes
  }
}

/// Why a file could not be read.
struct TLSFileError: Error, CustomStringConvertible {
  let description: String

  init(message: String) {
    description = message
  }

  init(errno number: Int32) {
    description = "cannot be read: \(String(cString: strerror(number)))"
  }
}

extension FileIdentity {
  fileprivate init(_ found: stat) {
    self.init(
      device: UInt64(found.st_dev), inode: UInt64(found.st_ino), size: Int64(found.st_size),
      modified: Self.nanoseconds(found.st_mtim), changed: Self.nanoseconds(found.st_ctim))
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
