import Synchronization

/// The open descriptors of a node's artifacts: bounded, the one used longest ago is let go first, shared by every reader of the node.
///
/// What it hands out is a reference: a descriptor that leaves the cache is closed when its last reader is done with it, so there may
/// for a moment be more open than `capacity`, by what batches in progress hold.
package final class DescriptorCache: Sendable {
  /// One file of one reader.
  struct Key: Hashable {
    let reader: UInt64
    let file: Int
  }

  private let files: Mutex<LeastRecentlyUsed<Key, OpenFile>>
  private let readers = Atomic<UInt64>(0)
  /// Who leases what is held open; nil for nobody.
  package let leases: LeaseKeeper?
  /// Parts of files that are mapped; nil for none. A file that has any is held open beside the `capacity`.
  package let windows: WindowCache?

  /// A cache that keeps at most `capacity` descriptors open (at least 1), each with a lease where a keeper is given and one can be had.
  package init(capacity: Int, leases: LeaseKeeper? = nil, windows: WindowCache? = nil) {
    (self.leases, self.windows) = (leases, windows)
    files = Mutex(LeastRecentlyUsed(capacity: capacity))
  }

  /// The number of descriptors held now.
  package var count: Int { files.withLock { $0.count } }

  /// A number that no other reader of this cache has.
  func newReader() -> UInt64 { readers.add(1, ordering: .relaxed).newValue }

  /// Fills in the open files that the segments need, one at the first of each run of segments in one file. Takes the lock once.
  func fill(_ handles: UnsafeMutableBufferPointer<OpenFile?>, for segments: UnsafeBufferPointer<BlockSegment>, of reader: UInt64) {
    files.withLock { files in
      var last = BlockSegment.padding
      for index in segments.indices where segments[index].file != last && segments[index].file != BlockSegment.padding {
        last = segments[index].file
        handles[index] = files.use(Key(reader: reader, file: last))
      }
    }
  }

  func file(_ key: Key) -> OpenFile? {
    files.withLock { $0.use(key) } ?? windows?.file(key)
  }

  func insert(_ file: OpenFile, for key: Key) {
    // What leaves is let go after the lock, since that may close it.
    let leaving = files.withLock { $0.insert(file, for: key) }
    _ = leaving
  }

  func remove(_ key: Key) {
    let leaving = files.withLock { $0.remove(key) }
    _ = leaving
    windows?.remove(key)
  }

  /// The files, by index, that a reader has open. O(capacity).
  func openFiles(of reader: UInt64) -> [Int] {
    let open = files.withLock { $0.keys(where: { $0.reader == reader }).map(\.file) }
    return open + (windows?.files(of: reader) ?? []).subtracting(open)
  }

  /// Lets go of everything that a reader has open.
  func removeAll(of reader: UInt64) {
    let leaving = files.withLock { $0.removeAll { $0.reader == reader } }
    _ = leaving
    windows?.removeAll(of: reader)
  }
}
