/// An entry with how often it fell: 1, or more for equal refusals that were counted before they were stored.
struct CountedEntry: Hashable {
  let entry: JournalEntry
  var count: Int64
  var lastAt: Timestamp

  init(_ entry: JournalEntry) {
    (self.entry, count, lastAt) = (entry, 1, entry.at)
  }

  /// Counts an equal refusal that fell at this time.
  mutating func repeated(at time: Timestamp) {
    count = count.addingSaturated(1)
    lastAt = max(lastAt, time)
  }
}
