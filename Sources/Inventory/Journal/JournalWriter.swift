import GRDB
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
    /// The end of the chain; nil before the first flush that wrote something.
    package internal(set) var head: JournalHead?
    /// The last end that was signed since the start.
    package internal(set) var checkpoint: JournalCheckpoint?
    /// Whether somebody else has changed the chain while this writer had it.
    package internal(set) var isForeign = false
    /// Whether entries pile up or are lost because the inventory cannot be written.
    package var isDegraded: Bool { problem != nil }
  }

  struct Shared {
    var queue: JournalQueue
    var strangers = StrangerHashes()
    var crowd: AddressCrowd
    /// Rows kept in the inventory.
    var rows: Int
    var status = Status()
    var unsaved = 0
  }

  struct Flushing {
    /// The batch that the disk has refused.
    var unsaved: [CountedEntry] = []
    /// Entries that were lost for good, and nobody has been told of yet.
    var lost: JournalQueue.Dropped?
    var sincePrune: Int
    var keeper: ChainKeeper
    /// When it was last looked which rows can be closed.
    var lookedAt: Timestamp?
  }

  private let database: InventoryDatabase
  private let limits: JournalLimits
  private let sealing: JournalSealing
  let onPressure: @Sendable () -> Void
  let shared: Mutex<Shared>
  /// Held while storing, so that a flush returns only when an earlier one that has taken its entries is done as well.
  let flushing: Mutex<Flushing>

  /// `onPressure` is called, on the appending thread, when the queue becomes half full: it should wake the flushing thread.
  package init(
    database: InventoryDatabase, limits: JournalLimits = JournalLimits(), sealing: JournalSealing = JournalSealing(),
    onPressure: @escaping @Sendable () -> Void = {}
  ) {
    (self.database, self.limits, self.sealing, self.onPressure) = (database, limits, sealing, onPressure)
    shared = Mutex(
      Shared(
        queue: JournalQueue(capacity: limits.queue, byteCapacity: limits.queueBytes, window: limits.window),
        crowd: AddressCrowd(rowsPerAddress: limits.rowsPerAddress, window: limits.window),
        rows: limits.rows))
    // The first flush prunes: the limit may have become lower since the last run.
    flushing = Mutex(Flushing(sincePrune: limits.pruneEvery, keeper: ChainKeeper(signer: sealing.signer)))
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
    try flushing.withLock { flushing throws(InventoryError) in try flushAll(&flushing) }
  }

  /// The last flush: no row stays open, and the chain's end is signed.
  package func finish() throws(InventoryError) {
    try flushing.withLock { flushing throws(InventoryError) in
      try flushAll(&flushing)
      let now = sealing.clock()
      try change(&flushing, at: now) { _, chain in
        try chain.close(until: nil, limit: .max)
        try chain.checkpoint(at: now)
      }
    }
  }

  private func flushAll(_ flushing: inout Flushing) throws(InventoryError) {
    try storeUnsaved(&flushing)
    let (entries, dropped) = shared.withLock { $0.queue.take() }
    let gaps = [dropped, flushing.lost].compactMap { $0?.gap }
    flushing.unsaved = entries + gaps
    // Told of with the batch, or lost with it and counted again.
    flushing.lost = nil
    try storeUnsaved(&flushing)
    try sealIfDue(&flushing)
    try pruneIfDue(&flushing)
  }

  private func storeUnsaved(_ flushing: inout Flushing) throws(InventoryError) {
    if flushing.unsaved.isEmpty { return }
    let (batch, now) = (flushing.unsaved, sealing.clock())
    let merged: Int64
    do {
      merged = try change(&flushing, at: now) { db, chain in
        let merged = try database.append(batch, mergingWithin: limits.window, &chain, db)
        try seal(&chain, at: now, atOnce: batch.contains(where: \.isGap))
        return merged
      }
    } catch {
      fail(&flushing, error)
      throw error
    }
    flushing.sincePrune += batch.count
    flushing.unsaved = []
    shared.withLock { shared in
      shared.unsaved = 0
      shared.status.stored = shared.status.stored.addingSaturated(batch.total)
      shared.status.merged = shared.status.merged.addingSaturated(merged)
    }
  }

  /// Keeps the batch in hand for the next flush, unless trying again would not help: then a gap will tell of it.
  private func fail(_ flushing: inout Flushing, _ error: InventoryError) {
    let lost = error.isTemporary ? [] : flushing.unsaved
    if !lost.isEmpty {
      flushing.unsaved = []
      flushing.lost = JournalQueue.Dropped(lost)
    }
    shared.withLock { [count = flushing.unsaved.count] shared in
      (shared.unsaved, shared.status.problem) = (count, error)
      shared.status.dropped = shared.status.dropped.addingSaturated(lost.total)
    }
  }

  private func pruneIfDue(_ flushing: inout Flushing) throws(InventoryError) {
    guard flushing.sincePrune >= limits.pruneEvery else { return }
    let pruned = try database.pruneJournal(keeping: shared.withLock { $0.rows }, &flushing.keeper, at: sealing.clock())
    shared.withLock { $0.status.pruned = $0.status.pruned.addingSaturated(Int64(pruned)) }
    tell(flushing.keeper)
    flushing.sincePrune = 0
  }
}

// The chain.
extension JournalWriter {
  /// Rows closed in one transaction.
  private static let mostClosed = 5000
  /// How often it is looked which rows can be closed.
  private static let lookEvery = Duration.seconds(5)

  /// What a transaction does about the chain besides its own links.
  private func seal(_ chain: inout ChainWriter, at now: Timestamp, atOnce: Bool = false) throws {
    try chain.close(until: now, limit: Self.mostClosed)
    if atOnce || isCheckpointDue(chain.keeper, now) { try chain.checkpoint(at: now) }
  }

  /// Closings and signatures that are due although nothing is to be stored.
  private func sealIfDue(_ flushing: inout Flushing) throws(InventoryError) {
    let now = sealing.clock()
    let isLookDue = flushing.keeper.mayBeOpen && flushing.lookedAt.map { now < $0 || now >= $0.advanced(by: Self.lookEvery) } ?? true
    guard isLookDue || isCheckpointDue(flushing.keeper, now) else { return }
    flushing.lookedAt = now
    do { try change(&flushing, at: now) { _, chain in try seal(&chain, at: now) } } catch {
      fail(&flushing, error)
      throw error
    }
  }

  private func isCheckpointDue(_ keeper: ChainKeeper, _ now: Timestamp) -> Bool {
    guard sealing.signer != nil, keeper.unsigned > 0 else { return false }
    guard let last = keeper.checkpoint?.at, now >= last else { return true }
    return now >= last.advanced(by: keeper.unsigned >= limits.checkpointLinks ? .seconds(1) : limits.checkpointEvery)
  }

  private func change<Value>(
    _ flushing: inout Flushing, at now: Timestamp, _ body: (Database, inout ChainWriter) throws -> Value
  ) throws(InventoryError) -> Value {
    let value = try database.chained(&flushing.keeper, at: now, body)
    tell(flushing.keeper)
    return value
  }

  private func tell(_ keeper: ChainKeeper) {
    let isNews = shared.withLock { shared in
      defer { (shared.status.head, shared.status.checkpoint, shared.status.isForeign) = (keeper.head, keeper.checkpoint, keeper.isForeign) }
      shared.status.problem = nil
      return shared.status.checkpoint != keeper.checkpoint
    }
    if isNews, let checkpoint = keeper.checkpoint { sealing.onCheckpoint(checkpoint) }
  }
}

extension [CountedEntry] {
  /// How many verdicts they stand for.
  fileprivate var total: Int64 { reduce(0) { $0.addingSaturated($1.count) } }
}

extension CountedEntry {
  fileprivate var isGap: Bool { entry.verdict == JournalContent.gap && !entry.isRefusal }
}

extension JournalQueue.Dropped {
  /// What was lost; nil for nothing.
  fileprivate init?(_ lost: [CountedEntry]) {
    guard let first = lost.map(\.entry.at).min(), let last = lost.map(\.lastAt).max() else { return nil }
    self.init(count: lost.total, firstAt: first, lastAt: last)
  }

  /// The row that tells of a gap.
  var gap: CountedEntry {
    CountedEntry(
      JournalEntry(
        at: firstAt, verdict: JournalContent.gap, isRefusal: false, operation: "journal",
        reason: "\(count) entries until \(lastAt.iso8601) were not kept: the journal could not be written fast enough"))
  }
}
