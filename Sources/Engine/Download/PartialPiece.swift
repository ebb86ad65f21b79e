import Metainfo

/// A piece in progress: who was asked for which of its blocks, and who gave them.
struct PartialPiece: Sendable {
  /// What is known of one block.
  struct BlockState: Sendable {
    enum Standing: Sendable, Hashable {
      /// To be asked for.
      case free
      /// Asked of `holder` and, in the endgame, of `others`.
      case requested
      /// Had from `holder`.
      case received
      /// Zeroes that nobody sends.
      case padding
    }

    var standing = Standing.free
    var holder: PeerNumber = 0
    var others: [PeerNumber] = []

    /// Those that it is asked of.
    var requesters: [PeerNumber] { standing == .requested ? [holder] + others : [] }

    mutating func request(from number: PeerNumber) {
      if standing == .free { (standing, holder) = (.requested, number) } else { others.append(number) }
    }

    /// One peer is asked no more; whether nobody is now.
    mutating func release(_ number: PeerNumber) -> Bool {
      guard standing == .requested else { return false }
      if let index = others.firstIndex(of: number) {
        others.remove(at: index)
        return false
      }
      guard holder == number else { return false }
      if let next = others.popLast() {
        holder = next
        return false
      }
      self = BlockState()
      return true
    }
  }

  let shape: PieceShape
  private(set) var blocks: [BlockState]
  /// Blocks that nobody is asked for.
  private(set) var free: Int
  /// Blocks that are there, padding included.
  private(set) var received: Int
  /// The peer that is to give the whole piece: a fast one, or one of which is to be seen whether what it gives is right.
  var owner: PeerNumber?
  /// It has failed before, so that one peer alone is to give it.
  var isRetry = false
  /// No block below this index is free.
  private var firstFree = 0

  init(_ shape: PieceShape, padding: [Int]) {
    self.shape = shape
    blocks = [BlockState](repeating: BlockState(), count: shape.blockCount)
    for index in padding where blocks.indices.contains(index) { blocks[index].standing = .padding }
    received = padding.count
    free = blocks.count - padding.count
  }

  /// Whether every block is there.
  var isFull: Bool { received == blocks.count }
  /// Whether nothing is there and nobody is asked.
  var isUntouched: Bool { !blocks.contains { $0.standing == .requested || $0.standing == .received } }
  /// Whether nobody but this peer has given or is asked for any of it.
  func isUntouched(byOthersThan number: PeerNumber) -> Bool {
    blocks.allSatisfy {
      switch $0.standing {
      case .free, .padding: true
      case .requested: $0.holder == number && $0.others.isEmpty
      case .received: $0.holder == number
      }
    }
  }

  /// For each block the peer that gave it; nil where it is not there, or nobody did.
  var givers: [PeerNumber?] { blocks.map { $0.standing == .received ? $0.holder : nil } }
  /// Bytes that are there, padding included.
  var receivedBytes: Int {
    blocks.indices.reduce(0) { sum, index in
      let standing = blocks[index].standing
      return standing == .received || standing == .padding ? sum + Int(shape.block(index).length) : sum
    }
  }

  /// Asks this peer for the next free blocks, at most so many; those that do not pass stay free.
  mutating func take(_ count: Int, for number: PeerNumber, where isFit: (Block) -> Bool) -> [Block] {
    var taken: [Block] = []
    var isFirst = true
    for index in firstFree..<blocks.count where blocks[index].standing == .free {
      if taken.count == count || free == 0 { break }
      let block = shape.block(index)
      guard isFit(block) else {
        isFirst = false
        continue
      }
      blocks[index].request(from: number)
      free -= 1
      if isFirst { firstFree = index + 1 }
      taken.append(block)
    }
    return taken
  }

  /// Asks one peer more for a block that others are asked for.
  mutating func duplicate(_ index: Int, for number: PeerNumber) { blocks[index].request(from: number) }

  /// The peer is asked for the block no more; whether the block is free by that.
  mutating func release(_ index: Int, from number: PeerNumber) -> Bool {
    guard blocks.indices.contains(index), blocks[index].release(number) else { return false }
    free += 1
    firstFree = min(firstFree, index)
    return true
  }

  /// The block is there; the others that were asked for it. Nil where it was there already.
  mutating func receive(_ index: Int, from number: PeerNumber) -> [PeerNumber]? {
    guard blocks.indices.contains(index) else { return nil }
    let block = blocks[index]
    guard block.standing == .free || block.standing == .requested else { return nil }
    if block.standing == .free { free -= 1 }
    blocks[index] = BlockState(standing: .received, holder: number)
    received += 1
    return block.requesters.filter { $0 != number }
  }

  /// The blocks are to be had once more.
  mutating func reset(_ indices: some Sequence<Int>) {
    for index in indices where blocks.indices.contains(index) && blocks[index].standing == .received {
      blocks[index] = BlockState()
      received -= 1
      free += 1
      firstFree = min(firstFree, index)
    }
  }
}
