/// What makes the journal's chain more than hashes: a key, a clock, and somebody who is told of each signed head.
package struct JournalSealing: Sendable {
  /// nil: hashes alone, which anybody can make anew.
  package let signer: JournalSigner?
  package let clock: @Sendable () -> Timestamp
  /// Called on the flushing thread, after the commit.
  package let onCheckpoint: @Sendable (JournalCheckpoint) -> Void

  package init(
    signer: JournalSigner? = nil, clock: @escaping @Sendable () -> Timestamp = { .now() },
    onCheckpoint: @escaping @Sendable (JournalCheckpoint) -> Void = { _ in }
  ) {
    (self.signer, self.clock, self.onCheckpoint) = (signer, clock, onCheckpoint)
  }
}
