import Foundation

/// The lock of a state directory: one node, or one command that changes things. The kernel lets go of it when the process ends, however.
final class NodeLock: Sendable {
  let descriptor: Int32

  /// Takes the lock at `path`; nil where another process has it.
  init?(path: String) throws {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Failure(.cannotCreate, "\(path): cannot open the lock: \(String(cString: strerror(errno)))") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    sign()
  }

  /// The lock of somebody who shares it: it holds until the last of both has ended.
  init(adopting descriptor: Int32) {
    self.descriptor = descriptor
    sign()
  }

  private func sign() {
    let holder = Array("\(getpid()) \(Int(Date().timeIntervalSince1970))\n".utf8)
    ftruncate(descriptor, 0)
    pwrite(descriptor, holder, holder.count, 0)
  }

  deinit { close(descriptor) }

  /// Who holds the lock, in words.
  static func holder(path: String) -> String {
    let words = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: " ")
    guard words.count == 2, let seconds = TimeInterval(words[1].trimmingCharacters(in: .whitespacesAndNewlines)) else {
      return "another process"
    }
    return "process \(words[0]) since \(Date(timeIntervalSince1970: seconds).formatted(.iso8601))"
  }
}
