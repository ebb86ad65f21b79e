/// Entries that wait to be stored, bounded in number and in memory. A value; the writer keeps it behind a lock.
struct JournalQueue {
  /// What happened to an entry.
  enum Outcome: Equatable {
    /// It waits.
    case queued
    /// It was counted with an equal one that waits.
    case merged
    /// The same, and the queue has just become half full: it should be taken soon.
    case halfFull
    /// There was no room.
    case dropped
  }

  /// Entries there was no room for.
  struct Dropped: Hashable {
    var count: Int64
    var firstAt: Timestamp
    var lastAt: Timestamp
  }

  /// At most this many entries.
  let capacity: Int
  /// At most about this many bytes.
  let byteCapacity: Int
  /// Within this time of the first one, equal entries are counted where they are to be.
  let window: Duration

  private(set) var entries: [CountedEntry] = []
  private(set) var dropped: Dropped?
  private var bytes = 0
  private var latest: [JournalKey: Int] = [:]
  private var hasWarned = false

  init(capacity: Int, byteCapacity: Int, window: Duration) {
    (self.capacity, self.byteCapacity, self.window) = (max(1, capacity), max(1, byteCapacity), window)
  }

  /// Takes an entry. A refusal, and what `isCounted` says it of, shares the row of an equal one.
  mutating func push(_ entry: JournalEntry, isCounted: Bool = false) -> Outcome {
    let key = entry.isRefusal || isCounted ? JournalKey(entry) : nil
    if let key, let index = latest[key], entry.at < entries[index].entry.at.advanced(by: window) {
      entries[index].repeated(entry)
      return .merged
    }
    let cost = entry.cost
    guard entries.count < capacity, bytes + cost <= byteCapacity else {
      drop(entry.at)
      return .dropped
    }
    if let key { latest[key] = entries.count }
    entries.append(CountedEntry(entry))
    bytes += cost
    return warn() ? .halfFull : .queued
  }

  /// Takes what another queue has counted already. False where there is no room.
  mutating func adopt(_ entry: CountedEntry) -> Bool {
    let cost = entry.entry.cost
    guard entries.count < capacity, bytes + cost <= byteCapacity else {
      drop(entry.lastAt)
      return false
    }
    entries.append(entry)
    bytes += cost
    return true
  }

  /// All that waits, and what was dropped since the last time; the queue is empty then.
  mutating func take() -> (entries: [CountedEntry], dropped: Dropped?) {
    let taken = (entries, dropped)
    self = JournalQueue(capacity: capacity, byteCapacity: byteCapacity, window: window)
    return taken
  }

  private mutating func drop(_ time: Timestamp) {
    guard let old = dropped else {
      dropped = Dropped(count: 1, firstAt: time, lastAt: time)
      return
    }
    dropped = Dropped(count: old.count.addingSaturated(1), firstAt: min(old.firstAt, time), lastAt: max(old.lastAt, time))
  }

  private mutating func warn() -> Bool {
    guard !hasWarned, entries.count * 2 >= capacity || bytes * 2 >= byteCapacity else { return false }
    hasWarned = true
    return true
  }
}
