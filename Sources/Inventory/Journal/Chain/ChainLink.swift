import Metainfo
import OpenSSL

/// A link of the journal's chain: what was written, bound to everything that was written before it.
///
///     hash = SHA-256(domain, hash of the link before, sequence, kind, row, SHA-256(content))
///
/// **What the chain covers.** Equal refusals are counted in one row, so that a row changes for as long as its window is open. What never
/// changes (all columns but `count`, `last_at`, and the facts of a row that stands for many info-hashes) is chained when the row is written:
/// from then on the row cannot be edited, removed or moved unseen. The count is chained by a second link, once the window has passed, at the
/// latest when the node ends: until then an edit of the count alone is not found, and `journal verify` says how many rows are open. A row
/// that is never counted in is chained whole at once. So a storm of equal refusals costs two links, however long it lasts.
///
/// Links that are signed sign their own hash, and with it all before them.
struct ChainLink {
  enum Kind: String, CaseIterable {
    /// The chain begins; rows up to a number were there before it.
    case begin
    /// A row that will not change.
    case row
    /// A row that equal refusals may still be counted in.
    case open
    /// The same, and its facts may change with them.
    case many
    /// The count, the last time and the facts of an open row, which is so no more.
    case closed
    /// Nothing new: a signature.
    case checkpoint
    /// The oldest rows were forgotten, and with them their links.
    case pruned

    /// Whether it brings a row.
    var bringsRow: Bool { self == .row || self == .open || self == .many }
    /// Whether a node that has a key signs it.
    var isSigned: Bool { self == .begin || self == .checkpoint || self == .pruned }

    fileprivate var number: UInt8 {
      switch self {
      case .begin: 1
      case .row: 2
      case .open: 3
      case .many: 4
      case .closed: 5
      case .checkpoint: 6
      case .pruned: 7
      }
    }
  }

  let sequence: Int64
  let kind: Kind
  /// The row that it is about.
  let row: Int64?
  /// What it says itself: of a `begin`, `checkpoint` and `pruned`. Of the closing of a row that was pruned since: its content's hash.
  let body: [UInt8]?
  let hash: SHA256Digest
  let signature: [UInt8]?
}

/// Makes the hashes of links. Keeps its buffers: make one for many.
final class ChainHasher {
  private var hasher = SHA256Hasher()
  private static let domain = Array("granary journal 1".utf8)

  func digest(of content: [UInt8]) -> SHA256Digest {
    hasher.update(content)
    return hasher.finishDigest()
  }

  func hash(
    after previous: SHA256Digest, sequence: Int64, kind: ChainLink.Kind, row: Int64?, content: SHA256Digest
  ) -> SHA256Digest {
    hasher.update(Self.domain)
    hasher.update(previous)
    withUnsafeBytes(of: (sequence.bigEndian, (row ?? 0).bigEndian)) { hasher.update($0) }
    withUnsafeBytes(of: kind.number) { hasher.update($0) }
    hasher.update(content)
    return hasher.finishDigest()
  }
}
