import Synchronization

/// Sums of what was sent, in memory, for loops that must not wait for a disk; flushed in batches. Exact: a sum that cannot be stored is
/// kept and stored with the next one, and only principals beyond the limit are left out, and counted.
package final class TransferLedger: Sendable {
  /// How the ledger fares.
  package struct Status: Hashable, Sendable {
    /// Sums that wait in memory.
    package internal(set) var pending = 0
    /// Bytes that were not accounted to anybody because too many sums waited.
    package internal(set) var droppedBytes: Int64 = 0
    /// Why the last flush failed; nil where it did not.
    package internal(set) var problem: InventoryError?
    /// Whether sums pile up because the inventory cannot be written.
    package var isDegraded: Bool { problem != nil }
  }

  private struct Key: Hashable {
    let principal: Principal
    let artifact: ArtifactID

    init(_ delta: TransferDelta) {
      (principal, artifact) = (delta.principal, delta.artifact)
    }
  }

  private struct Shared {
    var sums: [Key: TransferDelta] = [:]
    var status = Status()
    var unsaved = 0
  }

  private let database: InventoryDatabase
  private let capacity: Int
  private let shared = Mutex(Shared())
  /// The sums that the disk has refused; held while storing, as the journal's.
  private let flushing = Mutex<[Key: TransferDelta]>([:])

  /// `capacity`: how many pairs of principal and artifact may wait; as many again may wait while the disk refuses them.
  package init(database: InventoryDatabase, capacity: Int = 100_000) {
    (self.database, self.capacity) = (database, max(1, capacity))
  }

  /// Adds what was sent. O(1), never waits for the disk; meant to be called once for many blocks.
  package func record(_ delta: TransferDelta) {
    shared.withLock { shared in
      let key = Key(delta)
      if shared.sums[key] != nil {
        shared.sums[key]?.add(delta)
      } else if shared.sums.count < capacity {
        shared.sums[key] = delta
      } else {
        shared.status.droppedBytes = shared.status.droppedBytes.addingSaturated(delta.bytes)
      }
    }
  }

  /// How it fares now.
  package var status: Status {
    shared.withLock { shared in
      var status = shared.status
      status.pending = shared.sums.count + shared.unsaved
      return status
    }
  }
}

extension TransferLedger: Flushable {
  /// Stores all that was recorded before the call, or throws why it cannot; it is kept then. Waits for the disk: not for event loops.
  package func flush() throws(InventoryError) {
    try flushing.withLock { unsaved throws(InventoryError) in
      try store(&unsaved)
      unsaved = takeSums()
      try store(&unsaved)
    }
  }

  private func takeSums() -> [Key: TransferDelta] {
    shared.withLock { shared in
      let sums = shared.sums
      shared.sums = [:]
      shared.unsaved = sums.count
      return sums
    }
  }

  private func store(_ sums: inout [Key: TransferDelta]) throws(InventoryError) {
    if sums.isEmpty { return }
    do { try database.record(Array(sums.values)) } catch {
      fail(&sums, error)
      throw error
    }
    sums = [:]
    shared.withLock { ($0.status.problem, $0.unsaved) = (nil, 0) }
  }

  /// Keeps the sums for the next flush, unless trying again would not help.
  private func fail(_ sums: inout [Key: TransferDelta], _ error: InventoryError) {
    shared.withLock { $0.status.problem = error }
    if error.isTemporary { return }
    let bytes = sums.values.reduce(Int64(0)) { $0.addingSaturated($1.bytes) }
    sums = [:]
    shared.withLock { ($0.status.droppedBytes, $0.unsaved) = ($0.status.droppedBytes.addingSaturated(bytes), 0) }
  }
}
