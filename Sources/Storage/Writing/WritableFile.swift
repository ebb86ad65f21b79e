import CLinux
import Glibc
import Metainfo
import Synchronization

/// A staged file that is open for writing, from any number of threads. Closed with the last reference.
final class WritableFile: Sendable {
  let descriptor: Int32
  /// The path for messages.
  let display: String
  /// Whether something was written since it was last forced to disk.
  private let dirty = Atomic(false)

  init(descriptor: Int32, display: String) {
    (self.descriptor, self.display) = (descriptor, display)
  }

  deinit { close(descriptor) }

  var identity: FileIdentity? { FileStatus(descriptor: descriptor)?.identity }

  /// Gives a new file its length, and the room for it where that is to be taken now.
  func extend(to length: Int64, allocating: Bool, _ calls: WritingCalls) throws(StorageError) {
    if allocating, length > 0 {
      let number = calls.allocate(descriptor, length)
      // A file system that cannot set room aside takes it as it goes.
      guard number == 0 || number == EOPNOTSUPP || number == ENOSYS else { throw failure("reserve space", 0, number) }
    }
    guard ftruncate(descriptor, Int(length)) == 0 else { throw failure("extend", nil, errno) }
  }

  /// Writes all of the bytes, or throws; what has been written by then is overwritten by the next try.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64, _ calls: WritingCalls) throws(StorageError) {
    // Set after the write: whoever forces the file meanwhile leaves it dirty.
    defer { dirty.store(true, ordering: .sequentiallyConsistent) }
    var done = 0
    while done < bytes.count {
      let written = calls.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[done...]), offset + Int64(done))
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw failure("write", offset + Int64(done), written < 0 ? errno : ENOSPC) }
      done += written
    }
  }

  /// Forces to disk what was written.
  func synchronize(_ calls: WritingCalls) throws(StorageError) {
    guard dirty.exchange(false, ordering: .sequentiallyConsistent) else { return }
    let number = calls.synchronize(descriptor)
    guard number == 0 else {
      dirty.store(true, ordering: .sequentiallyConsistent)
      throw failure("force to disk", nil, number)
    }
  }

  /// Whether each byte of the range was written at some time, as far as the file system tells.
  func isWritten(_ range: Range<Int64>) -> Bool {
    let data = granary_next_data(descriptor, range.lowerBound)
    // One that cannot tell has no holes for us.
    guard data >= 0 else { return true }
    guard data == range.lowerBound else { return false }
    return granary_next_hole(descriptor, range.lowerBound) >= range.upperBound
  }

  private func failure(_ operation: String, _ offset: Int64?, _ number: Int32) -> StorageError {
    .failed(path: display, operation: operation, offset: offset, errno: number)
  }
}
