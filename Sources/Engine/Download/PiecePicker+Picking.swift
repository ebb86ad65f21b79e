import Metainfo

// The choice.
extension PiecePicker {
  /// The next blocks to ask the peer for, which it is asked for from now on. Fewer than wanted, or none, where it has no more of interest.
  package mutating func pick(_ demand: PickDemand, for number: PeerNumber, now: ContinuousClock.Instant) -> [Block] {
    guard demand.count > 0, peers[number] != nil else { return [] }
    peers[number]?.withheld.expire(now)
    guard let peer = peers[number], peer.wanted > 0, !peer.withheld.isFull else { return [] }
    if demand.isChoked { return pickAllowed(demand.count, number, peer) }
    let isCrowded = partials.count >= peers.count * settings.partialsPerPeer + settings.furtherPartials
    var blocks: [Block] = []
    if isCrowded {
      blocks += pickBegun(demand.count, number, peer, rarerThan: nil)
      if blocks.count < demand.count { blocks += pickShared(demand.count - blocks.count, number, peer) }
    }
    while blocks.count < demand.count {
      let fresh = newPiece(peer)
      blocks += pickBegun(demand.count - blocks.count, number, peer, rarerThan: fresh)
      guard blocks.count < demand.count, let fresh else { break }
      let more = begin(fresh, demand.count - blocks.count, demand, number, peer)
      if more.isEmpty { break }
      blocks += more
    }
    if blocks.count < demand.count { blocks += pickShared(demand.count - blocks.count, number, peer) }
    if blocks.isEmpty, isEndgame { blocks = pickAgain(demand.count, number, peer) }
    return blocks
  }

  // MARK: Pieces in progress

  /// The peer's own pieces, then those of nobody that are as rare as the one that could be begun, the nearest to their end first: what is
  /// common can be finished by somebody who has nothing rarer, and a seed's link is for what only it has.
  private mutating func pickBegun(_ count: Int, _ number: PeerNumber, _ peer: PickerPeer, rarerThan fresh: Int?) -> [Block] {
    var blocks: [Block] = []
    let begun = unfinished.filter { piece in
      guard let partial = partials[piece], isFit(piece, peer) else { return false }
      if partial.owner == number { return true }
      guard partial.owner == nil, partial.isRetry || fresh.map({ !order.precedes($0, piece) }) ?? true else { return false }
      return !peer.isOnParole || partial.isUntouched(byOthersThan: number)
    }
    for piece in sorted(begun, number) where blocks.count < count {
      // A piece that has failed is given by one peer alone, so that it is seen who gave what.
      if peer.isOnParole || partials[piece]?.isRetry == true { partials[piece]?.owner = number }
      blocks += take(count - blocks.count, of: piece, number)
    }
    return blocks
  }

  /// What others have begun for themselves.
  private mutating func pickShared(_ count: Int, _ number: PeerNumber, _ peer: PickerPeer) -> [Block] {
    var blocks: [Block] = []
    for piece in sorted(unfinished.filter({ isFit($0, peer) }), number) where blocks.count < count {
      blocks += take(count - blocks.count, of: piece, number)
    }
    return blocks
  }

  private func sorted(_ pieces: [Int], _ number: PeerNumber) -> [Int] {
    func rank(_ piece: Int) -> (Int, Int, Int, Int) {
      guard let partial = partials[piece] else { return (2, 0, 0, 0) }
      let priority = -Int(order.priority(piece).rawValue)
      return (partial.owner == number ? 0 : 1, priority, partial.owner == number ? 0 : order.availability(piece), partial.free)
    }
    return pieces.count < 2 ? pieces : pieces.sorted { rank($0) < rank($1) }
  }

  // MARK: New pieces

  private mutating func begin(
    _ piece: Int, _ count: Int, _ demand: PickDemand, _ number: PeerNumber, _ peer: PickerPeer
  ) -> [Block] {
    guard let shape = PieceShape(piece, of: layout) else { return [] }
    begin(shape)
    if demand.prefersWholePieces || peer.isOnParole { partials[piece]?.owner = number }
    let blocks = take(count, of: piece, number)
    if blocks.isEmpty { giveUpIfUntouched(piece) }
    return blocks
  }

  private mutating func newPiece(_ peer: PickerPeer) -> Int? {
    guard order.count > 0 else { return nil }
    if let piece = peer.suggested.last(where: { open[$0] && isFit($0, peer) }) { return piece }
    if heldCount < settings.randomPieces, let piece = randomPiece(peer) { return piece }
    // The random numbers are drawn outside of `self`, which the closure reads.
    var random = random
    defer { self.random = random }
    let (rarest, stepsLeft) = order.rarest(steps: settings.steps, using: &random) { isFit($0, peer) }
    if let rarest { return rarest }
    // Each piece was looked at, or this peer's pieces are common ones that come late in the order.
    return stepsLeft > 0 ? nil : search(peer, from: Int.random(in: 0..<max(1, open.words.count), using: &random))
  }

  private mutating func randomPiece(_ peer: PickerPeer) -> Int? {
    for _ in 0..<16 {
      if let piece = order.any(using: &random), isFit(piece, peer) { return piece }
    }
    return nil
  }

  /// Looks for the peer's open pieces by words, from a random one on, and takes the best of the first that it finds.
  private func search(_ peer: PickerPeer, from start: Int) -> Int? {
    var best: Int?
    var candidates = 0
    for step in open.words.indices {
      let index = (start + step) % open.words.count
      var word = open.words[index] & (peer.pieces?.words[index] ?? .max) & ~(peer.withheld.whole?.words[index] ?? 0)
      while word != 0 {
        let place = word.leadingZeroBitCount
        word &= ~(1 << UInt64(63 - place))
        let piece = index << 6 | place
        if best.map({ order.precedes(piece, $0) }) ?? true { best = piece }
        candidates += 1
      }
      if candidates >= settings.candidates { break }
    }
    return best
  }

  // MARK: Choked, and the end

  private mutating func pickAllowed(_ count: Int, _ number: PeerNumber, _ peer: PickerPeer) -> [Block] {
    var blocks: [Block] = []
    for piece in peer.allowedFast where blocks.count < count && lacking[piece] && isFit(piece, peer) {
      if partials[piece] == nil, let shape = PieceShape(piece, of: layout) { begin(shape) }
      blocks += take(count - blocks.count, of: piece, number)
    }
    return blocks
  }

  /// Blocks that others are asked for and have not given, those of which fewest are asked first.
  private mutating func pickAgain(_ count: Int, _ number: PeerNumber, _ peer: PickerPeer) -> [Block] {
    var candidates: [(requesters: Int, order: UInt64, piece: Int, index: Int)] = []
    for (piece, partial) in partials where candidates.count < settings.endgameCandidates && lacking[piece] && isFit(piece, peer) {
      for (index, block) in partial.blocks.enumerated() where block.standing == .requested {
        let requesters = 1 + block.others.count
        guard requesters < settings.endgameRequesters, block.holder != number, !block.others.contains(number),
          !peer.withheld.contains(piece, index)
        else { continue }
        candidates.append((requesters, random.next(), piece, index))
      }
    }
    candidates.sort { ($0.requesters, $0.order, $0.piece, $0.index) < ($1.requesters, $1.order, $1.piece, $1.index) }
    return candidates.prefix(count).compactMap { candidate in
      guard let block = partials[candidate.piece]?.shape.block(candidate.index) else { return nil }
      partials[candidate.piece]?.duplicate(candidate.index, for: number)
      requests[number, default: []].insert(block)
      return block
    }
  }

  /// Whether the peer has the piece and may be asked for some of it.
  private func isFit(_ piece: Int, _ peer: PickerPeer) -> Bool { peer.has(piece) && !peer.withheld.hides(piece) }

  private mutating func take(_ count: Int, of piece: Int, _ number: PeerNumber) -> [Block] {
    guard let withheld = peers[number]?.withheld, let shape = partials[piece]?.shape else { return [] }
    let blocks =
      partials[piece]?.take(count, for: number) { block in
        withheld.isEmpty || shape.index(of: block).map { !withheld.contains(piece, $0) } ?? false
      } ?? []
    if !blocks.isEmpty { requests[number, default: []].formUnion(blocks) }
    settle(piece)
    return blocks
  }
}
