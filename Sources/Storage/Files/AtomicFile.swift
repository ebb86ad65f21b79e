import Glibc

/// Writes small files so that a reader, or a crash at any moment, sees the old content or the new one and nothing between.
package enum AtomicFile {
  static let temporaryPrefix = ".granary-"
  static let temporarySuffix = ".tmp"

  /// Writes the bytes to a temporary file in the path's folder, forces it to disk, renames it over `path` and forces the folder to disk.
  ///
  /// A symbolic link at `path` is replaced, not followed. Blocks until the disk has it.
  /// - Parameter mode: permission bits, from which the process's umask is taken.
  /// - Throws: `failed`, with nothing left behind.
  package static func write(_ bytes: some Collection<UInt8>, to path: String, mode: UInt32 = 0o644) throws(StorageError) {
    try write(bytes, to: path, mode: mode, replacing: true)
  }

  /// As `write`, but never in place of anything: fails with `EEXIST` where there is something at `path`, whoever put it there meanwhile.
  package static func create(_ bytes: some Collection<UInt8>, at path: String, mode: UInt32 = 0o644) throws(StorageError) {
    try write(bytes, to: path, mode: mode, replacing: false)
  }

  private static func write(
    _ bytes: some Collection<UInt8>, to path: String, mode: UInt32, replacing: Bool
  ) throws(StorageError) {
    let folder = folder(of: path)
    let number = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let temporary = "\(folder)/\(temporaryPrefix)\(getpid())-\(number)\(temporarySuffix)"
    do throws(StorageError) {
      let descriptor = try create(temporary, mode, for: path)
      // The lock that keeps it from being swept lasts until it has its name.
      defer { close(descriptor) }
      try write(Array(bytes), descriptor, path)
      guard fsync(descriptor) == 0 else { throw failure("force to disk", path) }
      if replacing {
        guard rename(temporary, path) == 0 else { throw failure("rename into place", path) }
      } else {
        // A link is the renaming that refuses to replace.
        guard link(temporary, path) == 0 else { throw failure("create", path) }
        unlink(temporary)
      }
    } catch {
      unlink(temporary)
      throw error
    }
    try synchronize(folder: folder)
  }

  private static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/." : String(path[..<slash])
  }

  /// Makes the temporary file, locked; errors name the path that people know.
  private static func create(_ temporary: String, _ mode: UInt32, for path: String) throws(StorageError) -> Int32 {
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t(mode & 0o777))
    guard descriptor >= 0 else { throw failure("create", path) }
    // A file system without locks is one where nothing is swept.
    flock(descriptor, LOCK_SH | LOCK_NB)
    return descriptor
  }

  private static func write(_ bytes: [UInt8], _ descriptor: Int32, _ path: String) throws(StorageError) {
    var done = 0
    while done < bytes.count {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw failure("write", path) }
      done += written
    }
  }

  private static func synchronize(folder: String) throws(StorageError) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", folder) }
    defer { close(descriptor) }
    // EINVAL: a file system whose folders cannot be forced; nothing more can be done there.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("force to disk", folder) }
  }

  private static func failure(_ operation: String, _ path: String) -> StorageError {
    .failed(path: path, operation: operation, offset: nil, errno: errno)
  }
}
