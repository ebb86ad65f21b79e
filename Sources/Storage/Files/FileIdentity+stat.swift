import Glibc
import Metainfo

extension FileIdentity {
  /// The identity of the file behind an open descriptor (`fstat`); nil where the descriptor is not open.
  package static func of(descriptor: Int32) -> FileIdentity? {
    FileStatus(descriptor: descriptor)?.identity
  }

  /// The identity of what the path names, a symbolic link itself rather than its target (`lstat`); nil where it cannot be had.
  package static func of(path: String) -> FileIdentity? {
    FileStatus(path: path)?.identity
  }

  /// The identity of what the path leads to in the end, through symbolic links (`stat`); nil where it cannot be had.
  package static func of(target path: String) -> FileIdentity? {
    FileStatus(target: path)?.identity
  }

  /// What tells `other` from this one, as in "it is 5 bytes long, not 7"; nil where they are equal.
  func difference(from other: FileIdentity) -> String? {
    if device != other.device || inode != other.inode { return "another file stands in its place" }
    if size != other.size { return "it is \(other.size) bytes long, not \(size)" }
    if modified != other.modified { return "it was written to" }
    if changed != other.changed { return "its inode was changed" }
    return nil
  }
}

/// What `stat` says of a file, as far as we ask.
package struct FileStatus {
  package let identity: FileIdentity
  let mode: mode_t
  /// The user that it belongs to.
  package let owner: UInt32

  package init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  /// What the path names, a symbolic link itself rather than its target; nil, with `errno` set, where that cannot be seen.
  package init?(path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// What the path leads to, through symbolic links; nil, with `errno` set, where that cannot be seen.
  package init?(target path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// The status of an entry of an open folder, symbolic links not followed.
  init?(folder: Int32, name: UnsafePointer<CChar>) {
    var status = stat()
    guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    mode = status.st_mode
    owner = status.st_uid
    identity = FileIdentity(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
      modified: Self.nanoseconds(status.st_mtim), changed: Self.nanoseconds(status.st_ctim))
  }

  /// Who may read, write and execute it, as `chmod` takes it.
  package var permissions: UInt32 { UInt32(mode & 0o7777) }
  package var isFile: Bool { mode & S_IFMT == S_IFREG }
  package var isFolder: Bool { mode & S_IFMT == S_IFDIR }
  package var isLink: Bool { mode & S_IFMT == S_IFLNK }
  var isExecutable: Bool { isFile && mode & S_IXUSR != 0 }

  /// The kind of file in words, with its article.
  var kind: String {
    switch mode & S_IFMT {
    case S_IFREG: "a file"
    case S_IFDIR: "a folder"
    case S_IFLNK: "a symbolic link"
    case S_IFIFO: "a named pipe"
    case S_IFSOCK: "a socket"
    case S_IFCHR, S_IFBLK: "a device"
    default: "of an unknown kind"
    }
  }

  /// Wraps on overflow: a file may bear a time that no clock will ever show, and only equality counts here.
  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
