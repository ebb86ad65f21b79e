/// How much the journal may take, in memory and on disk, and what counts as a repetition.
package struct JournalLimits: Hashable, Sendable {
  /// Entries that may wait to be stored; as many again may wait while the disk refuses them.
  package var queue: Int
  /// Bytes that these may take, roughly.
  package var queueBytes: Int
  /// Equal refusals within this time are one row with a count.
  package var window: Duration
  /// Rows of its own that one address gets within that time, of refusals and of other verdicts; the further ones share rows.
  package var rowsPerAddress: Int
  /// Rows kept in the inventory.
  package var rows: Int
  /// How often old rows are forgotten: after this many stored ones.
  package var pruneEvery: Int
  /// The chain's head is signed once so many links are not, but not more than once a second, or once so much time has passed.
  package var checkpointLinks: Int
  package var checkpointEvery: Duration

  package init(
    queue: Int = 10_000, queueBytes: Int = 8 << 20, window: Duration = .seconds(60), rowsPerAddress: Int = 64, rows: Int = 1_000_000,
    pruneEvery: Int = 10_000, checkpointLinks: Int = 1000, checkpointEvery: Duration = .seconds(30)
  ) {
    (self.queue, self.queueBytes, self.window, self.rows, self.pruneEvery) = (queue, queueBytes, window, rows, pruneEvery)
    (self.rowsPerAddress, self.checkpointLinks, self.checkpointEvery) = (rowsPerAddress, checkpointLinks, checkpointEvery)
  }
}
