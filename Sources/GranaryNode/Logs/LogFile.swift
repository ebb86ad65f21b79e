import Glibc
import Storage

/// A file that lines are appended to, open for as long as this lives.
final class LogFile: Sendable {
  let path: String
  let descriptor: Int32

  /// Opens the file, or makes it with mode 0640, whatever the umask is. Throws where it cannot be opened, or is no file.
  init(path: String) throws(Failure) {
    let descriptor = Self.open(path)
    guard descriptor >= 0 else { throw Self.failure(path, String(cString: strerror(errno))) }
    (self.path, self.descriptor) = (path, descriptor)
    guard FileStatus(descriptor: descriptor)?.isFile == true else { throw Self.failure(path, "it is not a file") }
  }

  deinit { close(descriptor) }

  private static func open(_ path: String) -> Int32 {
    let flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
    let there = Glibc.open(path, flags)
    guard there < 0, errno == ENOENT else { return there }
    let made = Glibc.open(path, flags | O_CREAT | O_EXCL, 0o640)
    if made >= 0 { fchmod(made, 0o640) }
    // Somebody else was faster.
    return made < 0 && errno == EEXIST ? Glibc.open(path, flags) : made
  }

  private static func failure(_ path: String, _ reason: String) -> Failure {
    Failure(.cannotCreate, "\(path): the log cannot be opened: \(reason)")
  }
}
