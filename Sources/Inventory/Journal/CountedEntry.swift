/// An entry with how often it fell: 1, or more for equal refusals that were counted before they were stored.
package struct CountedEntry: Hashable, Codable, Sendable {
  private(set) var entry: JournalEntry
  var count: Int64
  var lastAt: Timestamp

  init(_ entry: JournalEntry) {
    (self.entry, count, lastAt) = (entry, 1, entry.at)
  }

  /// Counts an equal refusal.
  mutating func repeated(_ equal: JournalEntry) {
    count = count.addingSaturated(1)
    lastAt = max(lastAt, equal.at)
    if equal.isDigest { entry.facts = equal.facts }
  }
}
