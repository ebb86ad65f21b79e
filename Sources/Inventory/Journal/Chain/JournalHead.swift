import Metainfo

/// An end of the journal's chain: the number of its last link and that link's hash, which depends on all links before it.
///
/// Whoever has kept one (from the log, or from `status`) can tell whether anything up to it was changed since.
package struct JournalHead: Hashable, Sendable {
  /// Of the link; 0 before the first.
  package let sequence: Int64
  package let hash: SHA256Digest

  /// Before the first link.
  static let none = JournalHead(sequence: 0, hash: .zero)

  package init(sequence: Int64, hash: SHA256Digest) {
    (self.sequence, self.hash) = (sequence, hash)
  }

  /// `SEQUENCE:HASH`, the hash hexadecimal; nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let sequence = Int64(parts[0]), sequence > 0, let hash = SHA256Digest(hex: String(parts[1])) else { return nil }
    self.init(sequence: sequence, hash: hash)
  }
}

extension JournalHead: CustomStringConvertible {
  package var description: String { "\(sequence):\(hash)" }
}

/// A head that was signed.
package struct JournalCheckpoint: Hashable, Sendable {
  package let head: JournalHead
  package let at: Timestamp
}
