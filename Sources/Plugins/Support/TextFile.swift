#if canImport(Glibc)
  import Glibc
#endif

/// Reads list files, which are small enough to be read whole.
enum TextFile {
  /// A file that cannot be read, and why.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  private static let maximumSize = 64 << 20

  /// The bytes of a regular file of at most 64 MiB. Blocks; meant for the start and for reloads.
  static func read(_ path: String) throws(Problem) -> [UInt8] {
    // O_NONBLOCK: opening a FIFO by mistake must not hang the start.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("read", path) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Problem(description: "\(path) is not a regular file") }
    guard status.st_size <= maximumSize else { throw Problem(description: "\(path) is longer than 64 MiB") }
    return try readAll(descriptor, path)
  }

  private static func readAll(_ descriptor: CInt, _ path: String) throws(Problem) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= maximumSize {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      guard count >= 0 else { throw failure("read", path) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
    throw Problem(description: "\(path) is longer than 64 MiB")
  }

  private static func failure(_ act: String, _ path: String) -> Problem {
    Problem(description: "cannot \(act) \(path): \(String(cString: strerror(errno)))")
  }
}
