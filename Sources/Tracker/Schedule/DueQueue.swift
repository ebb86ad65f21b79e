/// Keys by the time at which something is due for them, as a binary heap. A key has one time; setting it again replaces it.
package struct DueQueue<Key: Hashable & Sendable>: Sendable {
  private struct Entry {
    let time: Duration
    let key: Key
    let stamp: UInt64
  }

  private var heap: [Entry] = []
  /// The entry of each key that counts; others in the heap are left over from an earlier time.
  private var current: [Key: UInt64] = [:]
  private var stamps: UInt64 = 0

  package init() {}

  /// How many keys have a time.
  package var count: Int { current.count }

  /// Gives a key its time; nil takes it out.
  package mutating func set(_ key: Key, to time: Duration?) {
    current[key] = nil
    if let time {
      stamps &+= 1
      current[key] = stamps
      heap.append(Entry(time: time, key: key, stamp: stamps))
      siftUp(from: heap.count - 1)
    }
    dropStale()
  }

  /// The earliest time.
  package var nextTime: Duration? { heap.first?.time }

  /// Takes out the key with the earliest time, if that has come.
  package mutating func pop(now: Duration) -> Key? {
    guard let first = heap.first, first.time <= now else { return nil }
    set(first.key, to: nil)
    return first.key
  }

  private mutating func dropStale() {
    while let first = heap.first, current[first.key] != first.stamp { removeFirst() }
    // Keys that are set again and again must not make the heap grow without end.
    if heap.count > 2 * current.count + 64 { rebuild() }
  }

  private mutating func rebuild() {
    heap = heap.filter { current[$0.key] == $0.stamp }.sorted { $0.time < $1.time }
  }

  private mutating func removeFirst() {
    guard let last = heap.popLast(), !heap.isEmpty else { return }
    heap[0] = last
    siftDown()
  }

  private mutating func siftUp(from index: Int) {
    var index = index
    while index > 0, heap[index].time < heap[(index - 1) / 2].time {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func siftDown() {
    var index = 0
    while let child = [2 * index + 1, 2 * index + 2].filter(heap.indices.contains).min(by: { heap[$0].time < heap[$1].time }),
      heap[child].time < heap[index].time
    {
      heap.swapAt(index, child)
      index = child
    }
  }
}
