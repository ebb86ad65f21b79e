import Dispatch
import Synchronization
import Testing

@testable import Inventory

/// A pace that the test beats: one flush a beat.
private final class ManualPacer: FlushPacer {
  private let beats = DispatchSemaphore(value: 0)
  private let asked = DispatchSemaphore(value: 0)
  private let isStopped = Mutex(false)

  func wait() -> Bool {
    asked.signal()
    beats.wait()
    return isStopped.withLock { !$0 }
  }

  func wake() { beats.signal() }

  func stop() {
    isStopped.withLock { $0 = true }
    beats.signal()
  }

  /// Returns when the thread waits for a beat, so that all it did for the last one is done.
  func untilIdle() { asked.wait() }
}

struct InventoryFlusherTests {
  @Test func `Each beat flushes the journal and the ledger, and stopping flushes what is left`() throws {
    let database = try InventoryDatabase.inMemory()
    let artifact = try database.add(Made.artifact(1), at: .noon).id
    let (journal, ledger) = (JournalWriter(database: database), TransferLedger(database: database))
    let pacer = ManualPacer()
    let flusher = InventoryFlusher([journal, ledger], pacer: pacer)
    pacer.untilIdle()
    journal.append(Made.refusal(0))
    ledger.record(Made.delta(artifact: artifact, bytes: 5))
    #expect(try database.counts().journalRows == 0)
    pacer.wake()
    pacer.untilIdle()
    #expect(try database.counts().journalRows == 1)
    #expect(try database.counts().bytes == 5)
    ledger.record(Made.delta(artifact: artifact, bytes: 6))
    flusher.stop()
    flusher.stop()
    #expect(try database.counts().bytes == 11)
  }

  @Test func `One sink's failure does not keep the others from flushing`() throws {
    let database = try InventoryDatabase.inMemory()
    let artifact = try database.add(Made.artifact(1), at: .noon).id
    let (journal, ledger) = (JournalWriter(database: database), TransferLedger(database: database))
    try database.execute("DROP VIEW journal_view; DROP TABLE journal")
    journal.append(Made.refusal(0))
    ledger.record(Made.delta(artifact: artifact, bytes: 5))
    let pacer = ManualPacer()
    InventoryFlusher([journal, ledger], pacer: pacer).stop()
    #expect(journal.status.isDegraded)
    #expect(try database.transfers(of: artifact).map(\.bytes) == [5])
  }

  @Test func `A timed pace goes on when woken and ends when stopped`() {
    let pacer = TimedPacer(every: .seconds(3600))
    pacer.wake()
    pacer.wake()
    #expect(pacer.wait())
    pacer.stop()
    #expect(!pacer.wait())
  }
}
