import CLinux
import Glibc

/// The system calls of which a test makes one fail now and then; all others are called where they are needed.
struct WritingCalls: Sendable {
  /// `pwrite`: bytes written, or -1 with `errno` set.
  var write: @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ offset: Int64) -> Int = { descriptor, bytes, offset in
    pwrite(descriptor, bytes.baseAddress, bytes.count, Int(offset))
  }
  /// `fdatasync`: 0, or the errno.
  var synchronize: @Sendable (_ descriptor: Int32) -> Int32 = { fdatasync($0) == 0 ? 0 : errno }
  /// `fallocate`: 0, or the errno.
  var allocate: @Sendable (_ descriptor: Int32, _ length: Int64) -> Int32 = { descriptor, length in
    // A disk that is too small is not filled up to find that out.
    hasRoom(descriptor, length) ? granary_allocate(descriptor, length) : ENOSPC
  }

  private static func hasRoom(_ descriptor: Int32, _ length: Int64) -> Bool {
    var (disk, file) = (statvfs(), stat())
    guard fstatvfs(descriptor, &disk) == 0, fstat(descriptor, &file) == 0 else { return true }
    let (free, isBeyond) = UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize))
    return isBeyond || length - min(length, Int64(file.st_blocks) * 512) <= Int64(clamping: free)
  }
}
