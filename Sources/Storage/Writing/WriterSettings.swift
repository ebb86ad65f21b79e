/// How an artifact that is fetched is put on disk.
package struct WriterSettings: Sendable, Hashable {
  /// Room for the data.
  package enum Allocation: Sendable, Hashable {
    /// Taken as blocks come: files have holes until then, and the disk may turn out to be too small late.
    case sparse
    /// Taken before the first block: a disk that is too small is known at once, and files lie in few parts.
    case preallocated
  }

  package var allocation = Allocation.sparse
  /// Permission bits of files in their place, those marked executable (BEP 47), and folders. The process's umask is not applied to these.
  package var fileMode: UInt32 = 0o644
  package var executableMode: UInt32 = 0o755
  package var folderMode: UInt32 = 0o755
  /// The user and group that everything belongs to in its place; nil: whoever we are. Another user needs CAP_CHOWN.
  package var owner: UInt32?
  package var group: UInt32?
  /// Files that are held open at a time.
  package var openFiles = 64

  package init() {}
}
