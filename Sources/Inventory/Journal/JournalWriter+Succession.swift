import Synchronization

/// A journal that passes from one process to another: one writer at a time has the chain.
extension JournalWriter {
  /// What is not stored, for whoever has the chain from now on: what was appended since the last flush, and what the disk has refused. It is not
  /// stored here any more. Waits for a flush under way.
  package func surrender() -> [CountedEntry] {
    flushing.withLock { flushing in
      let (entries, dropped) = shared.withLock { shared in
        shared.unsaved = 0
        return shared.queue.take()
      }
      defer { (flushing.unsaved, flushing.lost) = ([], nil) }
      return flushing.unsaved + entries + [dropped, flushing.lost].compactMap { $0?.gap }
    }
  }

  /// Takes what the former writer had not stored, as it was counted there.
  package func adopt(_ entries: [CountedEntry]) {
    shared.withLock { shared in
      for entry in entries where !shared.queue.adopt(entry) { shared.status.dropped = shared.status.dropped.addingSaturated(entry.count) }
    }
    onPressure()
  }
}
