import GRDB
import Metainfo

/// Which rows of the journal are wanted; what is left out does not restrict.
package struct JournalFilter: Hashable, Sendable {
  /// Rows of which the last verdict fell at this time or later.
  package var since: Timestamp?
  package var refusedOnly: Bool
  /// Rows whose principal or address is one of these; empty for all.
  package var peers: [String]
  /// Rows whose info-hash is one of these (an artifact's `infoHash.wire`) or whose artifact has this name; empty and nil for all.
  package var infoHashes: [SHA1Digest]
  package var artifact: String?
  /// Rows after this one: the next ones of a follower. Without it the newest ones are given.
  package var after: Int64?
  /// How many rows at most.
  package var limit: Int

  package init(
    since: Timestamp? = nil, refusedOnly: Bool = false, peers: [String] = [], infoHashes: [SHA1Digest] = [], artifact: String? = nil,
    after: Int64? = nil, limit: Int = 1000
  ) {
    (self.since, self.refusedOnly, self.peers) = (since, refusedOnly, peers)
    (self.infoHashes, self.artifact, self.after, self.limit) = (infoHashes, artifact, after, limit)
  }

  var condition: (sql: String, arguments: StatementArguments) {
    var terms = ["true"]
    var arguments = StatementArguments()
    func add(_ term: String, _ more: StatementArguments) {
      terms.append(term)
      arguments += more
    }
    if let since { add("last_at >= ?", [since.nanoseconds]) }
    // What a rule in shadow would have refused was not.
    if refusedOnly { add("refused = 1 AND verdict NOT LIKE 'shadow-%'", []) }
    if let after { add("id > ?", [after]) }
    if !peers.isEmpty {
      let list = Self.placeholders(peers.count)
      add("(principal IN (\(list)) OR address IN (\(list)))", StatementArguments(peers + peers))
    }
    if !infoHashes.isEmpty || artifact != nil {
      let hashes = StatementArguments(infoHashes.map(\.description))
      // A stranger's many hashes are one row without a hash, and the last of them are its facts.
      let digests = infoHashes.map { _ in " OR (info_hash IS NULL AND facts LIKE ?)" }.joined()
      let texts = StatementArguments(infoHashes.map { "%\"\($0.description)\"%" })
      add("(info_hash IN (\(Self.placeholders(infoHashes.count))) OR artifact = ?\(digests))", hashes + [artifact] + texts)
    }
    return (terms.joined(separator: " AND "), arguments)
  }

  private static func placeholders(_ count: Int) -> String {
    [String](repeating: "?", count: count).joined(separator: ", ")
  }
}
