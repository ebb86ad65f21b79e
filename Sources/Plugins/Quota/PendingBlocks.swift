import Metainfo

/// Requests that were let through and are neither sent nor dropped, in their order. They leave in that order but for a few.
struct PendingBlocks {
  private var blocks: [Block] = []
  private var head = 0

  var isEmpty: Bool { head == blocks.count }

  mutating func append(_ block: Block) {
    if isEmpty { clear() }
    blocks.append(block)
  }

  /// Takes a block out; false where it is not there.
  mutating func remove(_ block: Block) -> Bool {
    guard head < blocks.count else { return false }
    if blocks[head] == block {
      head += 1
    } else {
      guard let index = blocks[head...].firstIndex(of: block) else { return false }
      blocks.remove(at: index)
    }
    if head > 256, head * 2 > blocks.count {
      blocks.removeFirst(head)
      head = 0
    }
    return true
  }

  /// Takes all of them out.
  mutating func removeAll() -> [Block] {
    defer { (blocks, head) = ([], 0) }
    return Array(blocks[head...])
  }

  private mutating func clear() {
    guard head > 0 else { return }
    blocks.removeAll(keepingCapacity: blocks.count <= 512)
    head = 0
  }
}
