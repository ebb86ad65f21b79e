import Glibc
import Metainfo

/// What went wrong on disk, always with the place. Equal errors are equal values, so that a caller can count them.
package enum StorageError: Error, Hashable, Sendable {
  /// There is no file or folder at the path.
  case missing(path: String)
  /// A symbolic link stands where a file or folder is expected, or the path leads out of its root.
  case symlink(path: String)
  /// The path holds something other than what is expected there; `found` says what, as in "a socket".
  case wrongKind(path: String, found: String)
  /// The file is not what it was when its evidence was taken; `what` says the difference.
  case changed(path: String, what: String)
  /// Another program has opened the file for writing, or truncated it: its lease was broken.
  case openedForWriting(path: String)
  /// The file ends before the bytes that were to be read: `size` is where it ended.
  case truncated(path: String, offset: Int64, size: Int64)
  /// The file's length in bytes differs from the torrent's.
  case wrongSize(path: String, expected: Int64, found: Int64)
  /// A symbolic link that no torrent can hold; `why` says it as in "leads outside of the artifact".
  case badLink(path: String, target: String, why: String)
  /// A name that no torrent can hold.
  case badName(path: String, why: String)
  /// There is nothing to publish below the path.
  case empty(path: String)
  /// The kernel refused; `operation` is the verb, `offset` in bytes where it was a read.
  case failed(path: String, operation: String, offset: Int64?, errno: Int32)
  /// A block that does not lie within a piece of the artifact.
  case noSuchBlock(Block)
  /// The scan and the torrent that is made of it do not have the same files; `path` is one that only one of them has.
  case notScanned(path: String)
  /// Pieces are lacking of what is to be put in its place.
  case incomplete(path: String, lacking: Int)
  /// The caller asked for an end.
  case cancelled
  /// Several faults found in one go, in path order.
  case several([StorageError])
}

extension StorageError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing(let path): "\(path): no such file or folder"
    case .symlink(let path): "\(path): a symbolic link stands here or above, and none is followed"
    case .wrongKind(let path, let found): "\(path): is \(found)"
    case .changed(let path, let what): "\(path): changed: \(what)"
    case .openedForWriting(let path): "\(path): opened for writing by another program (lease broken)"
    case .truncated(let path, let offset, let size): "\(path): ends at byte \(size), before the bytes wanted at \(offset)"
    case .wrongSize(let path, let expected, let found): "\(path): is \(found) bytes long, not \(expected)"
    case .badLink(let path, let target, let why): "\(path): symbolic link to \(target) \(why)"
    case .badName(let path, let why): "\(path): \(why)"
    case .empty(let path): "\(path): nothing to publish here"
    case .failed(let path, let operation, let offset, let number): Self.failure(path, operation, offset, number)
    case .noSuchBlock(let block): "\(block): not within a piece"
    case .notScanned(let path): "\(path): is not a file of the artifact that was scanned"
    case .incomplete(let path, let lacking): "\(path): \(lacking) pieces are lacking"
    case .cancelled: "cancelled"
    case .several(let errors): errors.map(\.description).joined(separator: "\n")
    }
  }

  /// The single faults, in order: those of `several`, else this one.
  package var all: [StorageError] {
    if case .several(let errors) = self { errors.flatMap(\.all) } else { [self] }
  }

  /// The error for these faults: nil for none, the fault itself for one.
  static func gathering(_ errors: [StorageError]) -> StorageError? {
    errors.count > 1 ? .several(errors) : errors.first
  }

  /// The error for an `errno` from opening or looking at a path.
  static func opening(_ path: String, errno number: Int32) -> StorageError {
    switch number {
    case ENOENT, ENOTDIR: .missing(path: path)
    case ELOOP, EXDEV: .symlink(path: path)
    default: .failed(path: path, operation: "open", offset: nil, errno: number)
    }
  }

  private static func failure(_ path: String, _ operation: String, _ offset: Int64?, _ number: Int32) -> String {
    let place = offset.map { " at byte \($0)" } ?? ""
    return "\(path): cannot \(operation)\(place): \(errorText(number))"
  }

  /// The system's text for an `errno`, as in "Permission denied".
  static func errorText(_ number: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
      guard let base = text.baseAddress, strerror_r(number, base, text.count) == 0 else { return "error \(number)" }
      return String(cString: base)
    }
  }
}
