/// A bounded table that drops what was used longest ago. Every operation but `removeAll(where:)` is O(1).
struct LeastRecentlyUsed<Key: Hashable, Value> {
  private struct Entry {
    let key: Key
    var value: Value
    var newer: Int?
    var older: Int?
  }

  /// The most entries held, at least 1.
  let capacity: Int
  private var entries: [Entry?] = []
  private var free: [Int] = []
  private var index: [Key: Int] = [:]
  private var newest: Int?
  private var oldest: Int?

  init(capacity: Int) { self.capacity = max(1, capacity) }

  var count: Int { index.count }

  /// The value, which becomes the one used last.
  mutating func use(_ key: Key) -> Value? {
    guard let place = index[key] else { return nil }
    if newest != place {
      unlink(place)
      link(place)
    }
    return entries[place]?.value
  }

  /// Puts a value in; returns those that leave: the key's former one, or the one used longest ago.
  mutating func insert(_ value: Value, for key: Key) -> [Value] {
    var leaving = [remove(key)].compactMap { $0 }
    if index.count >= capacity, let oldest, let key = entries[oldest]?.key, let value = remove(key) { leaving.append(value) }
    let entry = Entry(key: key, value: value)
    let place = free.popLast() ?? entries.endIndex
    if place == entries.endIndex { entries.append(entry) } else { entries[place] = entry }
    index[key] = place
    link(place)
    return leaving
  }

  /// Takes a value out.
  mutating func remove(_ key: Key) -> Value? {
    guard let place = index.removeValue(forKey: key) else { return nil }
    unlink(place)
    defer { entries[place] = nil }
    free.append(place)
    return entries[place]?.value
  }

  /// The keys that match. O(n).
  func keys(where matches: (Key) -> Bool) -> [Key] {
    index.keys.filter(matches)
  }

  /// Takes out the values of all keys that match. O(n).
  mutating func removeAll(where matches: (Key) -> Bool) -> [Value] {
    index.keys.filter(matches).compactMap { remove($0) }
  }

  private mutating func link(_ place: Int) {
    entries[place]?.older = newest
    entries[place]?.newer = nil
    if let newest { entries[newest]?.newer = place }
    newest = place
    if oldest == nil { oldest = place }
  }

  private mutating func unlink(_ place: Int) {
    guard let entry = entries[place] else { return }
    if let newer = entry.newer { entries[newer]?.older = entry.older } else { newest = entry.older }
    if let older = entry.older { entries[older]?.newer = entry.newer } else { oldest = entry.newer }
  }
}
