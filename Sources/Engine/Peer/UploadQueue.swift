import DequeModule
import Metainfo

/// The requests of one peer that wait to be served: requests, not data. Bounded; a cancel or a choke takes out what has not been read yet.
package struct UploadQueue: Sendable {
  /// What came of a new request.
  package enum Push: Sendable, Hashable {
    case queued
    /// The queue is full.
    case full
  }

  private var blocks: Deque<Block> = []
  /// The most requests that wait at once.
  package let capacity: Int

  package init(capacity: Int) {
    self.capacity = max(1, capacity)
  }

  /// How many wait.
  package var count: Int { blocks.count }
  /// Whether none waits.
  package var isEmpty: Bool { blocks.isEmpty }
  /// Whether more than three quarters of the places are taken.
  package var isNearlyFull: Bool { blocks.count * 4 > capacity * 3 }

  /// Queues a block. Asking twice for one costs the peer two places.
  package mutating func push(_ block: Block) -> Push {
    guard blocks.count < capacity else { return .full }
    blocks.append(block)
    return .queued
  }

  /// Takes out a block that waits; false where it does not. Looks at each place at most once, the newest first.
  package mutating func cancel(_ block: Block) -> Bool {
    guard let index = blocks.lastIndex(of: block) else { return false }
    blocks.remove(at: index)
    return true
  }

  /// Takes everything out, for a choke.
  package mutating func removeAll() -> [Block] {
    defer { blocks.removeAll() }
    return Array(blocks)
  }

  /// Takes out what no longer may be served.
  package mutating func removeAll(where isGone: (Block) -> Bool) -> [Block] {
    let gone = Array(blocks.filter(isGone))
    if !gone.isEmpty { blocks.removeAll(where: isGone) }
    return gone
  }

  /// Puts a batch back at the front, in its order.
  package mutating func restore(_ batch: [Block]) {
    for block in batch.reversed() { blocks.prepend(block) }
  }

  /// Moves the next blocks to `batch`: at most `count` of them and, beyond the first, `bytes` in all.
  package mutating func pop(count: Int, bytes: Int, into batch: inout [Block]) {
    var total = 0
    while batch.count < count, let next = blocks.first {
      total += Int(next.length)
      if total > bytes, !batch.isEmpty { return }
      batch.append(next)
      blocks.removeFirst()
    }
  }
}
