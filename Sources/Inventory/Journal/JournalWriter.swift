import Synchronization

/// The way into the journal for loops and threads that must not wait for a disk.
///
///     append (any thread, O(1)) ──> JournalQueue ──> flush (background thread) ──> InventoryDatabase
///                                        └─ full: counted ──> a `gap` row once there is room
///
/// Where the disk is full or failing, the batch in hand is kept and tried again at each flush, the queue fills, and what it has no room
/// for is counted. The first flush that succeeds stores the batch, then the queue, then a row that tells of the gap.
package final class JournalWriter: Sendable {
  /// How the writer fares, for metrics and `status`.
  package struct Status: Hashable, Sendable {
    /// Entries that wait in memory; equal refusals count once.
    package internal(set) var pending = 0
    /// Entries stored since the start.
    package internal(set) var stored: Int64 = 0
    /// Entries lost since the start.
    package internal(set) var dropped: Int64 = 0
    /// Entries since the start that were counted in an equal one's row.
    package internal(set) var merged: Int64 = 0
    /// Rows forgotten since the start because there were more than are kept.
    package internal(set) var pruned: Int64 = 0
    /// Why the last flush failed; nil where it did not.
    package internal(set) var problem: InventoryError?
    /// Whether entries pile up or are lost because the inventory cannot be written.
    package var isDegraded: Bool { problem != nil }
  }

  private struct Shared {
    var queue: JournalQueue
    var strangers = StrangerHashes()
    var crowd: AddressCrowd
    /// Rows kept in the inventory.
    var rows: Int
    var status = Status()
    var unsaved = 0
  }

  private struct Flushing {
    /// The batch that the disk has refused.
    var unsaved: [CountedEntry] = []
    var sincePrune: Int
  }

  private let database: InventoryDatabase
  private let limits: JournalLimits
  private let onPressure: @Sendable () -> Void
  private let shared: Mutex<Shared>
  /// Held while storing, so that a flush returns only when an earlier one that has taken its entries is done as well.
  private let flushing: Mutex<Flushing>

  /// `onPressure` is called, on the appending thread, when the queue becomes half full: it should wake the flushing thread.
  package init(database: InventoryDatabase, limits: JournalLimits = JournalLimits(), onPressure: @escaping @Sendable () -> Void = {}) {
    (self.database, self.limits, self.onPressure) = (database, limits, onPressure)
    shared = Mutex(
      Shared(
        queue: JournalQueue(capacity: limits.queue, byteCapacity: limits.queueBytes, window: limits.window),
        crowd: AddressCrowd(rowsPerAddress: limits.rowsPerAddress, window: limits.window),
        rows: limits.rows))
    // The first flush prunes: the limit may have become lower since the last run.
    flushing = Mutex(Flushing(sincePrune: limits.pruneEvery))
  }

  /// Queues an entry, or counts it where there is no room. Never waits for the disk.
  package func append(_ entry: JournalEntry) {
    let outcome = shared.withLock { shared in
      let (entry, isCounted) = shared.crowd.taken(shared.strangers.digest(entry))
      let outcome = shared.queue.push(entry, isCounted: isCounted)
      if outcome == .merged { shared.status.merged = shared.status.merged.addingSaturated(1) }
      if outcome == .dropped { shared.status.dropped = shared.status.dropped.addingSaturated(1) }
      return outcome
    }
    if outcome == .halfFull { onPressure() }
  }

  /// Another number of rows to keep, from the next pruning on.
  package func keep(rows: Int) { shared.withLock { $0.rows = rows } }

  /// How it fares now.
  package var status: Status {
    shared.withLock { shared in
      var status = shared.status
      status.pending = shared.queue.entries.count + shared.unsaved
      return status
    }
  }
}

extension JournalWriter: Flushable {
  /// Stores all that was appended before the call, or throws why it cannot; it is kept then, and tried again at the next flush, unless
  /// trying again would not help. Waits for the disk: not for event loops.
  package func flush() throws(InventoryError) {
    try flushing.withLock { flushing throws(InventoryError) in
      try storeUnsaved(&flushing)
      let (entries, dropped) = shared.withLock { $0.queue.take() }
      flushing.unsaved = entries + (dropped.map { [$0.gap] } ?? [])
      try storeUnsaved(&flushing)
      try pruneIfDue(&flushing)
    }
  }

  private func storeUnsaved(_ flushing: inout Flushing) throws(InventoryError) {
    if flushing.unsaved.isEmpty { return }
    let merged: Int64
    do { merged = try database.append(flushing.unsaved, mergingWithin: limits.window) } catch {
      fail(&flushing, error)
      throw error
    }
    let total = flushing.unsaved.total
    flushing.sincePrune += flushing.unsaved.count
    flushing.unsaved = []
    shared.withLock { shared in
      (shared.unsaved, shared.status.problem) = (0, nil)
      shared.status.stored = shared.status.stored.addingSaturated(total)
      shared.status.merged = shared.status.merged.addingSaturated(merged)
    }
  }

  /// Keeps the batch in hand for the next flush, unless trying again would not help.
  private func fail(_ flushing: inout Flushing, _ error: InventoryError) {
    let lost = error.isTemporary ? 0 : flushing.unsaved.total
    if !error.isTemporary { flushing.unsaved = [] }
    shared.withLock { [count = flushing.unsaved.count] shared in
      (shared.unsaved, shared.status.problem) = (count, error)
      shared.status.dropped = shared.status.dropped.addingSaturated(lost)
    }
  }

  private func pruneIfDue(_ flushing: inout Flushing) throws(InventoryError) {
    guard flushing.sincePrune >= limits.pruneEvery else { return }
    let pruned = try database.pruneJournal(keeping: shared.withLock { $0.rows })
    shared.withLock { $0.status.pruned = $0.status.pruned.addingSaturated(Int64(pruned)) }
    flushing.sincePrune = 0
  }
}

extension [CountedEntry] {
  /// How many verdicts they stand for.
  fileprivate var total: Int64 { reduce(0) { $0.addingSaturated($1.count) } }
}

extension JournalQueue.Dropped {
  /// The row that tells of a gap.
  fileprivate var gap: CountedEntry {
    CountedEntry(
      JournalEntry(
        at: firstAt, verdict: "gap", isRefusal: false, operation: "journal",
        reason: "\(count) entries until \(lastAt.iso8601) were not kept: the journal could not be written fast enough"))
  }
}
