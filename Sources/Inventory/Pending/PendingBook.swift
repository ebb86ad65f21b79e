import Synchronization

/// The way into the table of pending wishes for loops that must not wait for a disk: gathered in memory, flushed in batches.
package final class PendingBook: Sendable {
  /// How the book fares.
  package struct Status: Hashable, Sendable {
    /// Wishes that wait in memory.
    package internal(set) var waiting = 0
    /// Refusals that were not kept because there were too many different ones, or they could not be stored.
    package internal(set) var dropped: Int64 = 0
    /// Wishes that were forgotten to make room.
    package internal(set) var forgotten: Int64 = 0
    /// Why the last flush failed; nil where it did not.
    package internal(set) var problem: InventoryError?
  }

  private struct Shared {
    var queue: PendingQueue
    var status = Status()
  }

  private let database: InventoryDatabase
  private let limits: PendingLimits
  private let shared: Mutex<Shared>
  /// Held while storing.
  private let flushing = Mutex<Void>(())

  package init(database: InventoryDatabase, limits: PendingLimits = PendingLimits()) {
    (self.database, self.limits) = (database, limits)
    shared = Mutex(Shared(queue: PendingQueue(limits: limits)))
  }

  /// Notes a refusal, or counts it where there is no room. O(1), never waits for the disk.
  package func record(_ entry: PendingEntry) {
    shared.withLock { shared in
      if !shared.queue.push(entry) { shared.status.dropped = shared.status.dropped.addingSaturated(1) }
    }
  }

  /// How it fares now.
  package var status: Status {
    shared.withLock { shared in
      var status = shared.status
      status.waiting = shared.queue.count
      return status
    }
  }
}

extension PendingBook: Flushable {
  /// Stores what was noted before the call, or throws why it cannot; it is kept then, as far as there is room, unless trying again would not
  /// help. Waits for the disk: not for event loops.
  package func flush() throws(InventoryError) {
    try flushing.withLock { _ throws(InventoryError) in
      let batch = shared.withLock { $0.queue.take() }
      guard !batch.isEmpty else { return }
      do throws(InventoryError) {
        let forgotten = try database.note(batch, limits)
        shared.withLock { shared in
          shared.status.problem = nil
          shared.status.forgotten = shared.status.forgotten.addingSaturated(Int64(forgotten))
        }
      } catch {
        fail(batch, error)
        throw error
      }
    }
  }

  private func fail(_ batch: [PendingEntry], _ error: InventoryError) {
    shared.withLock { shared in
      shared.status.problem = error
      var lost = error.isTemporary ? 0 : Int64(batch.count)
      if error.isTemporary { for entry in batch where !shared.queue.push(entry) { lost += 1 } }
      shared.status.dropped = shared.status.dropped.addingSaturated(lost)
    }
  }
}
