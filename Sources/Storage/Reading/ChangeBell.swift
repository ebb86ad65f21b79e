import Synchronization

/// Rings when an artifact's data is about to be changed. Whoever serves the artifact listens.
final class ChangeBell: Sendable {
  private let listener = Mutex<(@Sendable (StorageError) -> Void)?>(nil)

  func listen(_ listener: @escaping @Sendable (StorageError) -> Void) {
    self.listener.withLock { $0 = listener }
  }

  func ring(_ error: StorageError) {
    listener.withLock { $0 }?(error)
  }
}
