/// What the one writer of a journal remembers of the chain between its transactions. A value: a transaction that fails changes nothing of it.
struct ChainKeeper {
  let signer: JournalSigner?
  /// The last link that we have committed; nil before the first transaction of this process.
  var head: JournalHead?
  /// The last link of a transaction that failed to commit, as far as we were told: it may be in the file all the same.
  var attempted: JournalHead?
  /// Links since the last signature.
  var unsigned = 0
  var checkpoint: JournalCheckpoint?
  /// Whether rows may be open.
  var mayBeOpen = true
  /// Whether the file's last link was once another than the one that we had written. We go on from ours, so that nothing that another hand
  /// has written is ever vouched for.
  var isForeign = false

  init(signer: JournalSigner? = nil) { self.signer = signer }
}
