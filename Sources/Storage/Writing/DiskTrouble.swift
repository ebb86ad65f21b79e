import Glibc

/// What keeps us from writing, where it may end by itself or by an operator's hand: the same is to be tried again after a while. What was to
/// be written has not been.
package enum DiskTrouble: String, Sendable, Hashable {
  /// No room, or no room for this user (ENOSPC, EDQUOT).
  case full
  /// The file system takes no writes (EROFS).
  case readOnly = "read_only"
  /// We may not (EACCES, EPERM).
  case forbidden
  /// The device failed (EIO and what network file systems say).
  case broken
  /// Too many files are open, or no memory is left: ours, not the disk's.
  case exhausted
}

extension StorageError {
  /// Whether the error is one that a caller waits for the end of, and which; nil: it will not end by waiting.
  package var trouble: DiskTrouble? {
    switch self {
    case .failed(_, _, _, let number): Self.trouble(number)
    case .several(let errors): errors.lazy.compactMap(\.trouble).first
    default: nil
    }
  }

  private static func trouble(_ number: Int32) -> DiskTrouble? {
    switch number {
    case ENOSPC, EDQUOT: .full
    case EROFS: .readOnly
    case EACCES, EPERM: .forbidden
    case EIO, ESTALE, ENODEV, ENXIO, ETIMEDOUT, EREMOTEIO: .broken
    case EMFILE, ENFILE, ENOMEM, EAGAIN: .exhausted
    default: nil
    }
  }
}
