import PluginKit
import Synchronization

/// A journal that keeps its rows in memory.
package final class TestJournal: Journal {
  private let kept = Mutex<[JournalRecord]>([])

  package init() {}

  /// The rows so far, oldest first.
  package var records: [JournalRecord] { kept.withLock { $0 } }

  package func record(_ record: JournalRecord) { kept.withLock { $0.append(record) } }
}
