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

  package init(
    queue: Int = 10_000, queueBytes: Int = 8 << 20, window: Duration = .seconds(60), rowsPerAddress: Int = 64, rows: Int = 1_000_000,
    pruneEvery: Int = 10_000
  ) {
    (self.queue, self.queueBytes, self.window, self.rows, self.pruneEvery) = (queue, queueBytes, window, rows, pruneEvery)
    self.rowsPerAddress = rowsPerAddress
  }
}
