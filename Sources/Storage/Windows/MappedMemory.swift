import Glibc
@_spi(CustomByteBufferAllocator) import NIOCore
import Synchronization

/// Memory that a file is mapped into, as buffers that copy nothing. A mapping goes when the last buffer that shows a part of it does.
enum MappedMemory {
  private struct Mapping {
    let length: Int
    let onEnd: @Sendable () -> Void
  }

  /// By address: all that NIO says of a buffer's memory when it is given back.
  private static let mappings = Mutex<[UInt: Mapping]>([:])

  /// Maps a part of an open file and locks it in memory, which waits for a disk where the page cache has not got it; nil with `errno` set.
  /// Until `onEnd` is called nothing may be cut off the file.
  ///
  /// - Parameter offset: a multiple of the page's size.
  static func map(_ descriptor: Int32, offset: Int64, length: Int, onEnd: @escaping @Sendable () -> Void) -> ByteBuffer? {
    guard let base = mmap(nil, length, PROT_READ, MAP_SHARED, descriptor, off_t(offset)), base != MAP_FAILED else { return nil }
    guard mlock(base, length) == 0 else {
      let number = errno
      munmap(base, length)
      errno = number
      return nil
    }
    mappings.withLock { $0[UInt(bitPattern: base)] = Mapping(length: length, onEnd: onEnd) }
    return ByteBuffer(takingOwnershipOf: UnsafeMutableRawBufferPointer(start: base, count: length), allocator: allocator)
  }

  /// Nobody writes to such a buffer; who did would get a copy of his own, which is ordinary memory.
  private static let allocator = ByteBufferAllocator(
    allocate: { malloc($0) }, reallocate: { realloc($0, $2) }, deallocate: { MappedMemory.end($0) },
    copy: { _ = memcpy($0, $1, $2) })

  private static func end(_ base: UnsafeMutableRawPointer) {
    guard let mapping = mappings.withLock({ $0.removeValue(forKey: UInt(bitPattern: base)) }) else { return free(base) }
    munmap(base, mapping.length)
    mapping.onEnd()
  }
}
