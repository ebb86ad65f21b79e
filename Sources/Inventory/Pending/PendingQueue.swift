/// Wishes that wait to be stored, bounded in all and for each identity. A value; the book keeps it behind a lock.
struct PendingQueue {
  private struct Identity: Hashable {
    let trust: String
    let name: String
  }

  private let limits: PendingLimits
  private var entries: [Wish: PendingEntry] = [:]
  private var wishes: [Identity: Int] = [:]

  init(limits: PendingLimits) {
    self.limits = limits
  }

  var count: Int { entries.count }

  /// Takes an entry; false where there is no room for it.
  mutating func push(_ entry: PendingEntry) -> Bool {
    if let known = entries[entry.wish] {
      entries[entry.wish] = known.repeated(entry)
      return true
    }
    let identity = Identity(trust: entry.wish.trust, name: entry.wish.name)
    guard entries.count < limits.rows, wishes[identity, default: 0] < limits.perIdentity else { return false }
    entries[entry.wish] = entry
    wishes[identity, default: 0] += 1
    return true
  }

  /// All that waits, oldest first; the queue is empty then.
  mutating func take() -> [PendingEntry] {
    let taken = entries.values.sorted { ($0.lastSeen, $0.wish.id) < ($1.lastSeen, $1.wish.id) }
    self = PendingQueue(limits: limits)
    return taken
  }
}
