import Foundation
import Metainfo
import Settings
import Storage

/// A file that TLS needs, as it was when it was read.
struct TLSFile: Sendable {
  let bytes: [UInt8]
  let identity: FileIdentity
  /// Permission bits.
  let mode: UInt32
  /// Whether others may read it than those who are to have it.
  let isOpenToOthers: Bool

  /// Bytes at most: a bundle of every public authority is a fifth of it.
  static let longest = 1 << 20

  /// Reads a file. Throws where it cannot be read, is none, is too long, or changed meanwhile.
  static func read(_ path: String) throws(TLSFileError) -> TLSFile {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw TLSFileError(errno: errno) }
    defer { close(descriptor) }
    let before = try status(descriptor)
    guard before.isFile else { throw TLSFileError(message: "is not a file") }
    let bytes = try read(descriptor)
    guard bytes.count <= longest else { throw TLSFileError(message: "has more than \(longest) bytes") }
    let identity = try status(descriptor).identity
    guard identity == before.identity else { throw TLSFileError(message: "was changed while it was read") }
    let isOpen = CredentialFolder.isOpenToOthers(
      path, mode: before.permissions, owner: before.owner, CredentialFolder(variables: ProcessInfo.processInfo.environment))
    return TLSFile(bytes: bytes, identity: identity, mode: before.permissions, isOpenToOthers: isOpen)
  }

  /// The file that has this path now; nil where none can be seen.
  static func identity(_ path: String) -> FileIdentity? { FileIdentity.of(target: path) }

  private static func status(_ descriptor: Int32) throws(TLSFileError) -> FileStatus {
    guard let status = FileStatus(descriptor: descriptor) else { throw TLSFileError(errno: errno) }
    return status
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
