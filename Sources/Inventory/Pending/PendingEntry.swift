/// A peer with a good identity was refused because no rule is about it and what it wants.
package struct PendingEntry: Hashable, Sendable {
  package let wish: Wish
  /// Where it was last, with its port.
  package let address: String
  /// What it was refused: `connect`, `request`, …
  package let operation: String
  /// Who has refused it.
  package let plugin: String
  package let rule: String?
  package let reason: String
  package let place: String?
  package let firstSeen: Timestamp
  package let lastSeen: Timestamp
  package let count: Int64

  /// One refusal. Text is cut to the journal's limits.
  package init(
    wish: Wish, address: String, operation: String, plugin: String, rule: String?, reason: String, place: String?, at: Timestamp
  ) {
    self.init(
      wish: wish, address: StoredText.bounded(address, to: JournalEntry.Limit.address),
      operation: StoredText.bounded(operation, to: JournalEntry.Limit.word),
      plugin: StoredText.bounded(plugin, to: JournalEntry.Limit.word),
      rule: StoredText.boundedIfPresent(rule, to: JournalEntry.Limit.reference),
      reason: StoredText.bounded(reason, to: JournalEntry.Limit.reason),
      place: StoredText.boundedIfPresent(place, to: JournalEntry.Limit.reference), first: at, last: at, count: 1)
  }

  init(
    wish: Wish, address: String, operation: String, plugin: String, rule: String?, reason: String, place: String?, first: Timestamp,
    last: Timestamp, count: Int64
  ) {
    (self.wish, self.address, self.operation, self.plugin) = (wish, address, operation, plugin)
    (self.rule, self.reason, self.place) = (rule, reason, place)
    (firstSeen, lastSeen, self.count) = (first, last, count)
  }

  /// This one, and the same wish refused again: what was said last counts.
  func repeated(_ later: PendingEntry) -> PendingEntry {
    PendingEntry(
      wish: later.wish, address: later.address, operation: later.operation, plugin: later.plugin, rule: later.rule, reason: later.reason,
      place: later.place, first: min(firstSeen, later.firstSeen), last: max(lastSeen, later.lastSeen),
      count: count.addingSaturated(later.count))
  }
}
