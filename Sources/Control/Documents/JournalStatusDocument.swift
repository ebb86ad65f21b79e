/// The journal in `granary status`: how it fares, and what its chain can be checked against later.
package struct JournalStatusDocument: Codable, Sendable, Hashable {
  /// The public key that heads are signed with, hexadecimal: for `journal verify --key`.
  package var key: String
  /// The end of the chain as `SEQUENCE:HASH`: for `journal verify --head`. Null before the first row.
  package var head: String?
  /// The last end that was signed since the start, and when, ISO 8601.
  package var checkpoint: String?
  package var checkpointAt: String?
  /// Entries stored since the start, and such as wait in memory.
  package var stored: Int64
  package var pending: Int
  /// Entries lost since the start.
  package var dropped: Int64

  package init(
    key: String, head: String?, checkpoint: String?, checkpointAt: String?, stored: Int64, pending: Int, dropped: Int64
  ) {
    (self.key, self.head, self.checkpoint, self.checkpointAt) = (key, head, checkpoint, checkpointAt)
    (self.stored, self.pending, self.dropped) = (stored, pending, dropped)
  }

  enum CodingKeys: String, CodingKey {
    case key, head, checkpoint, stored, pending, dropped
    case checkpointAt = "checkpoint_at"
  }
}
