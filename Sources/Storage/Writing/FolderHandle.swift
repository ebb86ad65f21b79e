import CLinux
import Glibc

/// An open folder, below which names are made, opened and removed one component at a time and without following a link: whatever others do
/// to the paths meanwhile, nothing is touched outside of it. Closed with the last reference.
final class FolderHandle: Sendable {
  let descriptor: Int32
  /// The path for messages.
  let display: String

  private init(descriptor: Int32, display: String) {
    (self.descriptor, self.display) = (descriptor, display)
  }

  deinit { close(descriptor) }

  /// A folder that the operator has named, which may be reached through links.
  static func root(_ path: String) throws(StorageError) -> FolderHandle {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .opening(path, errno: errno) }
    return FolderHandle(descriptor: descriptor, display: path.hasSuffix("/") ? String(path.dropLast()) : path)
  }

  /// The folder of this name in it.
  func folder(_ name: String) throws(StorageError) -> FolderHandle {
    let path = self.path(name)
    try Self.check(name, path)
    let found = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard found >= 0 else { throw opening(name, errno) }
    return FolderHandle(descriptor: found, display: path)
  }

  /// The folder of this name, made where there is none; whether it was made.
  func makeFolder(_ name: String, mode: UInt32 = 0o700) throws(StorageError) -> (folder: FolderHandle, isNew: Bool) {
    try Self.check(name, path(name))
    let isNew = mkdirat(descriptor, name, mode_t(mode)) == 0
    guard isNew || errno == EEXIST else { throw failure("create", name) }
    return (try folder(name), isNew)
  }

  /// The regular file of this name, open for reading and writing; made where `makes` says so. The caller closes it.
  func openFile(_ name: String, makes: Bool) throws(StorageError) -> (descriptor: Int32, isNew: Bool) {
    try Self.check(name, path(name))
    let flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
    var (found, isNew) = (openat(descriptor, name, flags), false)
    if found < 0, errno == ENOENT, makes {
      found = openat(descriptor, name, flags | O_CREAT | O_EXCL, 0o600)
      isNew = found >= 0
      // Another thread was quicker.
      if !isNew, errno == EEXIST { found = openat(descriptor, name, flags) }
      guard found >= 0 else { throw failure("create", name) }
    }
    guard found >= 0 else { throw opening(name, errno) }
    guard let status = FileStatus(descriptor: found), status.isFile else {
      close(found)
      throw .wrongKind(path: path(name), found: FileStatus(folder: descriptor, name: name)?.kind ?? "of an unknown kind")
    }
    return (found, isNew)
  }

  /// What lies there under this name, a link itself rather than its target; nil where that cannot be seen.
  func status(_ name: String) -> FileStatus? { FileStatus(folder: descriptor, name: name) }

  func makeLink(_ name: String, to target: String) throws(StorageError) {
    try Self.check(name, path(name))
    guard symlinkat(target, descriptor, name) == 0 || errno == EEXIST else { throw failure("create", name) }
  }

  /// Gives what lies here under `name` a place in another folder, where there must be nothing.
  func move(_ name: String, to target: FolderHandle) throws(StorageError) {
    var number = granary_rename_noreplace(descriptor, name, target.descriptor, name)
    if number == EINVAL || number == ENOSYS {
      // A file system without that (NFS): looked at first, with an instant in between.
      if target.status(name) != nil {
        number = EEXIST
      } else {
        number = renameat(descriptor, name, target.descriptor, name) == 0 ? 0 : errno
      }
    }
    guard number == 0 else { throw .failed(path: target.path(name), operation: "put into place", offset: nil, errno: number) }
  }

  /// Forces the names in it to disk.
  func synchronize() throws(StorageError) {
    // EINVAL: a file system whose folders cannot be forced; nothing more can be done there.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("force to disk", nil) }
  }

  /// Deletes a file or link. What is not there is gone.
  func removeFile(_ name: String) throws(StorageError) {
    guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else { throw failure("delete", name) }
  }

  /// Deletes a folder with all that is in it.
  func removeTree(_ name: String) throws(StorageError) {
    guard let status = status(name) else { return }
    guard status.isFolder else { return try removeFile(name) }
    let folder = try folder(name)
    for entry in try FolderListing.names(in: folder.descriptor, path: folder.display) {
      try folder.removeTree(String(decoding: entry, as: UTF8.self))
    }
    guard unlinkat(descriptor, name, AT_REMOVEDIR) == 0 || errno == ENOENT else { throw failure("delete", name) }
  }

  func path(_ name: String) -> String { display + "/" + name }

  private func failure(_ operation: String, _ name: String?) -> StorageError {
    .failed(path: name.map(path) ?? display, operation: operation, offset: nil, errno: errno)
  }

  private func opening(_ name: String, _ number: Int32) -> StorageError {
    // O_NOFOLLOW with O_DIRECTORY answers ENOTDIR for a link; and for a file in a folder's place.
    guard number == ENOTDIR || number == ELOOP, let status = status(name) else { return .opening(path(name), errno: number) }
    return status.isLink ? .symlink(path: path(name)) : .wrongKind(path: path(name), found: status.kind)
  }

  private static func check(_ name: String, _ path: String) throws(StorageError) {
    guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "/") }) else {
      throw .badName(path: path, why: "is not a plain name")
    }
  }
}
