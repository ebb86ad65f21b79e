import Metainfo
import Storage

/// Why nothing at all of an artifact could be read, which says nothing about its data: earlier evidence is kept for when it is back.
enum Obstacle: String, Hashable, Sendable {
  /// None of its files is there: a mount that vanished, a folder that was moved away.
  case absent
  /// Files are there and cannot be read: permissions, a failing disk.
  case unreadable
  /// It was ended before its end.
  case cancelled

  /// The obstacle that a verification met; nil where it found anything out.
  init?(_ verified: VerifiedArtifact) {
    if verified.wasCancelled {
      self = .cancelled
    } else {
      let errors = verified.problems.map(\.error)
      guard verified.pieces.isEmpty, verified.pieces.count > 0, !errors.isEmpty, errors.count >= verified.contentFiles else { return nil }
      if errors.allSatisfy(\.isAbsence) {
        self = .absent
      } else if errors.allSatisfy({ $0.isAbsence || $0.isRefusal }) {
        self = .unreadable
      } else {
        return nil
      }
    }
  }
}

extension StorageError {
  /// Whether there is nothing at the path.
  var isAbsence: Bool { if case .missing = self { true } else { false } }
  /// Whether the kernel refused to open or read.
  var isRefusal: Bool { if case .failed = self { true } else { false } }
}
