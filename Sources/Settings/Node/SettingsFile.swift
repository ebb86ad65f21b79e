#if canImport(Glibc)
  import Glibc
#endif

/// The bytes of a configuration file.
struct SettingsFile {
  let bytes: [UInt8]
  /// Whether anyone on this machine may change it.
  let isWorldWritable: Bool
  /// The user that it belongs to, and its permission bits.
  let owner, permissions: UInt32

  /// Reads at most `limit` bytes and one more, which tells that there are too many. A pipe will do as well as a file.
  init(path: String, limit: Int) throws(SettingsErrors) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.unreadable(path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.unreadable(path, errno) }
    (owner, permissions) = (status.st_uid, UInt32(status.st_mode & 0o7777))
    isWorldWritable = status.st_mode & S_IWOTH != 0 && status.st_mode & S_IFMT == S_IFREG
    bytes = try Self.read(descriptor, path: path, limit: limit + 1)
  }

  private static func read(_ descriptor: Int32, path: String, limit: Int) throws(SettingsErrors) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while bytes.count < limit {
      let count = Glibc.read(descriptor, &chunk, min(chunk.count, limit - bytes.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(path, errno) }
      if count == 0 { break }
      bytes += chunk.prefix(count)
    }
    return bytes
  }

  private static func unreadable(_ path: String, _ code: Int32) -> SettingsErrors {
    let reason = String(cString: strerror(code))
    return SettingsErrors(kind: .unreadable, [SettingsErrorLine(place: path, message: "the configuration cannot be read: \(reason)")])
  }
}
