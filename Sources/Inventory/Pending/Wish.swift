import GRDB
import Metainfo

/// Who wants what: an identity with the trust entry that vouches for it, and an artifact, or nothing but to connect.
package struct Wish: Hashable, Sendable {
  /// Bytes that trust entry and name may have together: a longer identity is nobody that an operator could tell from another.
  package static let longestIdentity = 512

  /// Short, and the same whenever the same identity wants the same artifact.
  package let id: String
  package let trust: String
  package let name: String
  /// Hexadecimal; nil where nothing but the node itself was wanted.
  package let infoHash: String?
  /// The artifact's name.
  package let artifact: String?

  /// Nil for an identity that is empty or too long, and for a name of an artifact without its info-hash.
  package init?(trust: String, name: String, artifact: (infoHash: InfoHash, name: String)? = nil) {
    guard !trust.isEmpty, !name.isEmpty, trust.utf8.count + name.utf8.count <= Self.longestIdentity,
      !trust.utf8.contains(0), !name.utf8.contains(0)
    else { return nil }
    (self.trust, self.name) = (trust, name)
    infoHash = artifact?.infoHash.description
    self.artifact = artifact.map { StoredText.bounded($0.name, to: JournalEntry.Limit.artifact) }
    id = Self.id(trust, name, infoHash)
  }

  init(_ row: Row) throws {
    (id, trust, name) = (try row.value("id"), try row.value("trust"), try row.value("name"))
    (infoHash, artifact) = (try row.value("info_hash"), try row.value("artifact"))
  }

  /// `fleet/spiffe://corp/edge/7`.
  package var principal: String { "\(trust)/\(name)" }

  /// The columns that are the same in each table, in the order of `columns`.
  var values: StatementArguments { [id, trust, name, infoHash, artifact] }
  static let columns = "id, trust, name, info_hash, artifact"

  /// The beginning of a digest over the parts, each behind its length.
  private static func id(_ trust: String, _ name: String, _ infoHash: String?) -> String {
    let text = [trust, name, infoHash ?? ""].map { "\($0.utf8.count):\($0)" }.joined()
    return String(SHA256Digest.hash(of: Array(text.utf8)).description.prefix(12))
  }
}
