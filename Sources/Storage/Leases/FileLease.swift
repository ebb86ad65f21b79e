import Synchronization

/// A read lease on an open file (`fcntl(2)`, F_SETLEASE): while it stands nobody has the file open for writing, and nobody truncates it,
/// without our having been told and having let go of it.
final class FileLease: Sendable {
  private let broken = Atomic(false)
  private let notify: @Sendable () -> Void

  /// `notify` is called once, on the keeper's thread, after the lease has been given back: it must not wait.
  init(notify: @escaping @Sendable () -> Void) {
    self.notify = notify
  }

  /// Whether somebody has opened the file for writing since. Set before the lease is given back: bytes read before it is seen were read
  /// while the lease stood.
  var isBroken: Bool { broken.load(ordering: .sequentiallyConsistent) }

  func markBroken() { broken.store(true, ordering: .sequentiallyConsistent) }

  func tellBroken() { notify() }
}
