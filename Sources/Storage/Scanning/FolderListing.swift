import Glibc

/// Reads the names in a folder.
enum FolderListing {
  /// The raw names in an open folder, `.` and `..` left out, in no order.
  static func names(in descriptor: Int32, path: String) throws(StorageError) -> [[UInt8]] {
    // The stream owns, and closes, the descriptor it is given.
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw .opening(path, errno: errno) }
    guard let stream = fdopendir(copy) else {
      let number = errno
      close(copy)
      throw .opening(path, errno: number)
    }
    defer { closedir(stream) }
    return try names(in: stream, path)
  }

  private static func names(in stream: OpaquePointer, _ path: String) throws(StorageError) -> [[UInt8]] {
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = name(of: entry)
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
    }
    guard errno == 0 else { throw .failed(path: path, operation: "list", offset: nil, errno: errno) }
    return names
  }

  private static func name(of entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
    // d_name is an array of 256 in the C type, and ends at its NUL.
    withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
  }
}
