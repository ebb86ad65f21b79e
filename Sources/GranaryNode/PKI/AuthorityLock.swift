import Foundation

/// Held while an authority's files are changed, so that two commands never do it at once. The kernel lets go of it when the process ends.
final class AuthorityLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock of the folder; what else is at work has it for milliseconds, so some seconds are waited for it.
  init(_ folder: AuthorityFolder, patience: Duration = .seconds(10)) throws {
    let descriptor = open(folder.lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw Failure(.cannotCreate, "\(folder.lock): cannot open the lock: \(String(cString: strerror(errno)))")
    }
    let deadline = ContinuousClock.now + patience
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard ContinuousClock.now < deadline else {
        close(descriptor)
        throw Failure(.tryLater, "\(folder.path): another command is changing this authority")
      }
      usleep(20_000)
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
