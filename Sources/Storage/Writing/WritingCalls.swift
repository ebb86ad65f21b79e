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
  var allocate: @Sendable (_ descriptor: Int32, _ length: Int64) -> Int32 = { granary_allocate($0, $1) }
}
