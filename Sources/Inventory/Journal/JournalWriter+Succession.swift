import Synchronization

/// A journal that passes from one process to another: one writer at a time has the chain.
extension JournalWriter {
  /// What was appended since the last flush, for whoever has the chain from now on; it is not stored here any more.
  package func surrender() -> [CountedEntry] {
    let (entries, dropped) = shared.withLock { $0.queue.take() }
    return entries + [dropped].compactMap { $0?.gap }
  }

  /// Takes what the former writer had not stored, as it was counted there.
  package func adopt(_ entries: [CountedEntry]) {
    shared.withLock { shared in
      for entry in entries where !shared.queue.adopt(entry) { shared.status.dropped = shared.status.dropped.addingSaturated(entry.count) }
    }
    onPressure()
  }
}
