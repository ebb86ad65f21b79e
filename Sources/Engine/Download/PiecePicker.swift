import Metainfo

/// Which blocks are asked of whom: one for each artifact that is being fetched.
///
/// A value without clock, disk or network. It is shared by the artifact's connections behind a `Mutex`; all calls are short. A connection
/// - calls `join` when it has been authorized, then tells what the peer has (`has`, `hasAll`, `lost`) and hints at (`suggests`,
///   `allowsFast`), each once the session has validated it;
/// - calls `pick` for as many blocks as its `RequestPipeline` has room for: they are the peer's from then on. Each is shown to `writeRequest`;
///   what is withheld goes back by `withhold`, and is not picked for this peer again before its time;
/// - calls `receive` for each block that comes, and `release` for each that will not: rejected, dropped by a choke, timed out;
/// - calls `leave` when it ends.
/// The artifact's writer calls `passed` or `failed` once a piece whose last block came has been hashed, and `lose` for a block that could not
/// be written. Cancels that an answer carries are sent by the connections that they name.
///
/// The order: pieces that the peer has begun by itself; what it suggests; the rarest, and of equally rare ones those that lack the fewest
/// blocks. Where very many are in progress, all of those come first. Fast peers, and those on parole after a failed piece, begin pieces of their own. Where nothing is left to ask for, the endgame asks several
/// peers for the same block.
///
/// A pick costs some hundred steps, however many pieces and peers there are (`RarityOrder`); memory is about 14 bytes a piece, a bit a piece
/// for each peer that has some but not all, and the blocks of pieces in progress.
package struct PiecePicker: Sendable {
  package let layout: PieceLayout
  package let settings: PickerSettings

  var order: RarityOrder
  /// Pieces that we have.
  var held: PieceSet
  /// Pieces that are wanted and not held, in progress or not.
  var lacking: PieceSet
  /// Pieces in `order`: lacking and not in progress.
  var open: PieceSet
  var partials: [Int: PartialPiece] = [:]
  /// Pieces in progress with blocks that nobody is asked for.
  var unfinished: [Int] = []
  var peers: [PeerNumber: PickerPeer] = [:]
  /// What each peer is asked for; apart from `peers`, so that neither is copied when the other is changed.
  var requests: [PeerNumber: Set<Block>] = [:]
  var heldCount: Int
  var lackingCount = 0
  var random: PickerRandom

  /// - Parameters:
  ///   - held: the pieces that we have.
  ///   - priorities: by piece; nil: all are wanted alike.
  ///   - seed: of the random choices.
  package init(
    layout: PieceLayout, held: Bitfield, priorities: [PiecePriority]? = nil, settings: PickerSettings = PickerSettings(), seed: UInt64
  ) {
    (self.layout, self.settings) = (layout, settings)
    let count = layout.pieceCount
    let wanted = (0..<count).map { piece in priorities.map { $0.indices.contains(piece) ? $0[piece] : .skip } ?? .normal }
    order = RarityOrder(priorities: wanted)
    self.held = held.count == count ? PieceSet(held) : PieceSet(count: count)
    (lacking, open) = (PieceSet(count: count), PieceSet(count: count))
    heldCount = self.held.population
    random = PickerRandom(seed: seed)
    for piece in 0..<count where wanted[piece] != .skip && !self.held[piece] { want(piece) }
    lackingCount = lacking.population
  }

  // MARK: What there is

  /// Whether nothing that is wanted is lacking.
  package var isComplete: Bool { lackingCount == 0 }
  /// The pieces that we have.
  package var heldPieces: Bitfield { held.bitfield }
  /// The pieces that are wanted and not held.
  package var lackingPieces: Bitfield { lacking.bitfield }
  /// Every block that is wanted is there or asked for: what is picked from now on is asked of several peers.
  package var isEndgame: Bool { lackingCount > 0 && order.count == 0 && unfinished.isEmpty }
  /// Pieces in progress.
  package var partialCount: Int { partials.count }
  /// Bytes that are wanted and not there; what an announce calls `left`. O(pieces).
  package var bytesLeft: Int64 {
    var left: Int64 = 0
    for piece in lacking { left += Int64(layout.length(ofPiece: piece) ?? 0) }
    return partials.values.reduce(left) { lacking[$1.shape.piece] ? $0 - Int64($1.receivedBytes) : $0 }
  }

  /// Whether the peer has anything that we want: what `interested` says.
  package func isInteresting(_ number: PeerNumber) -> Bool { peers[number].map { $0.wanted > 0 } ?? false }
  /// What the peer is asked for.
  package func requests(of number: PeerNumber) -> Set<Block> { requests[number] ?? [] }
  /// For each block of a piece in progress the peer that gave it; nil for blocks that are not there and for padding.
  package func givers(of piece: Int) -> [PeerNumber?] { partials[piece]?.givers ?? [] }

  mutating func want(_ piece: Int) {
    lacking[piece] = true
    open[piece] = true
    order.insert(piece)
  }

  // MARK: Pieces

  /// The piece is right and on disk. Those that are no longer interesting, and requests for it that are still out.
  package mutating func passed(_ piece: Int) -> (uninteresting: [PeerNumber], cancels: [CancelledRequest]) {
    guard (0..<layout.pieceCount).contains(piece), !held[piece] else { return ([], []) }
    let partial = partials[piece]
    let cancels = drop(piece)
    if let only = partial.flatMap(Self.onlyGiver) { peers[only]?.isOnParole = false }
    order.remove(piece)
    open[piece] = false
    held[piece] = true
    heldCount += 1
    guard lacking[piece] else { return ([], cancels) }
    lacking[piece] = false
    lackingCount -= 1
    return (retract(piece), cancels)
  }

  /// The piece is wrong: the blocks named are to be had again, or all. One peer alone is asked for them where that is possible, and those
  /// that gave some of it are given pieces of their own until one of those has passed. Who contributed, each once.
  @discardableResult
  package mutating func failed(_ piece: Int, badBlocks: [Int]? = nil) -> [PeerNumber] {
    guard let partial = partials[piece] else { return [] }
    let contributors = partial.givers.reduce(into: [PeerNumber]()) { list, giver in
      if let giver, !list.contains(giver) { list.append(giver) }
    }
    // Where it is known which blocks are bad, nobody else is under suspicion.
    if badBlocks == nil, contributors.count > 1 { for number in contributors { peers[number]?.isOnParole = true } }
    partials[piece]?.reset(badBlocks ?? Array(0..<partial.shape.blockCount))
    partials[piece]?.owner = nil
    partials[piece]?.isRetry = badBlocks == nil
    settle(piece)
    return contributors
  }

  /// A piece that we had is gone or wrong: it is to be had again. Those that have become interesting by that.
  package mutating func lost(_ piece: Int) -> [PeerNumber] {
    guard held[piece] else { return [] }
    held[piece] = false
    heldCount -= 1
    return order.priority(piece) == .skip ? [] : lack(piece)
  }

  /// Other priorities, by piece, from now on. What is skipped keeps its blocks, and what was asked for of it is cancelled.
  package mutating func select(_ priorities: [PiecePriority]) -> (interest: [PeerNumber], cancels: [CancelledRequest]) {
    var cancels: [CancelledRequest] = []
    let before = peers.mapValues { $0.wanted > 0 }
    for piece in 0..<layout.pieceCount {
      let priority = priorities.indices.contains(piece) ? priorities[piece] : .skip
      guard priority != order.priority(piece) else { continue }
      order.set(priority, for: piece)
      guard !held[piece] else { continue }
      if priority == .skip, lacking[piece] {
        cancels += skip(piece)
      } else if priority != .skip, !lacking[piece] {
        _ = lack(piece)
      }
    }
    return (peers.keys.filter { before[$0] != isInteresting($0) }.sorted(), cancels)
  }

  private mutating func lack(_ piece: Int) -> [PeerNumber] {
    lacking[piece] = true
    lackingCount += 1
    if partials[piece] == nil {
      open[piece] = true
      order.insert(piece)
    } else {
      settle(piece)
    }
    var awakened: [PeerNumber] = []
    for number in Array(peers.keys) where peers[number]?.has(piece) == true {
      peers[number]?.wanted += 1
      if peers[number]?.wanted == 1 { awakened.append(number) }
    }
    return awakened.sorted()
  }

  private mutating func skip(_ piece: Int) -> [CancelledRequest] {
    order.remove(piece)
    open[piece] = false
    lacking[piece] = false
    lackingCount -= 1
    _ = retract(piece)
    let cancels = outstanding(piece)
    for cancel in cancels { release(cancel.block, from: cancel.peer) }
    if partials[piece]?.isUntouched == true { partials[piece] = nil }
    settle(piece)
    return cancels
  }

  /// Nobody has anything of interest in this piece any more; those that have become uninteresting.
  private mutating func retract(_ piece: Int) -> [PeerNumber] {
    var bored: [PeerNumber] = []
    for number in Array(peers.keys) where peers[number]?.has(piece) == true {
      peers[number]?.wanted -= 1
      if peers[number]?.wanted == 0 { bored.append(number) }
    }
    return bored.sorted()
  }

  private func outstanding(_ piece: Int) -> [CancelledRequest] {
    guard let partial = partials[piece] else { return [] }
    return partial.blocks.indices.flatMap { index in
      partial.blocks[index].requesters.map { CancelledRequest(peer: $0, block: partial.shape.block(index)) }
    }
  }

  /// The piece is not in progress any more.
  private mutating func drop(_ piece: Int) -> [CancelledRequest] {
    let cancels = outstanding(piece)
    for cancel in cancels { requests[cancel.peer]?.remove(cancel.block) }
    partials[piece] = nil
    settle(piece)
    return cancels
  }

  private static func onlyGiver(_ partial: PartialPiece) -> PeerNumber? {
    let givers = Set(partial.givers.compactMap { $0 })
    return givers.count == 1 ? givers.first : nil
  }

  /// Keeps `unfinished` what it says it is.
  mutating func settle(_ piece: Int) {
    let hasFree = lacking[piece] && (partials[piece].map { $0.free > 0 } ?? false)
    let index = unfinished.firstIndex(of: piece)
    if hasFree, index == nil { unfinished.append(piece) }
    if !hasFree, let index {
      unfinished.swapAt(index, unfinished.count - 1)
      unfinished.removeLast()
    }
  }
}
