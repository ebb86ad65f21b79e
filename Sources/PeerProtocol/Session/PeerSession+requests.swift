import Metainfo
import NIOCore

// Requests, both ways, and what answers ours.
extension PeerSession {
  /// A block that a peer names must lie within its piece and be no longer than we take.
  @inline(__always)
  func check(_ block: Block, _ id: MessageID) throws(ProtocolViolation) {
    guard block.length <= limits.blockLength, bounds.surelyContain(block) || layout?.contains(block) == true else {
      throw refusal(of: block, id)
    }
  }

  @inline(never)
  private func refusal(of block: Block, _ id: MessageID) -> ProtocolViolation {
    guard let layout else { return ProtocolViolation(.unexpected, id, "there is no metadata yet, so nothing was announced") }
    guard Int(block.piece) < layout.pieceCount else {
      return ProtocolViolation(
        .outOfRange, id, "there is no piece \(block.piece): the torrent has \(layout.pieceCount)", field: "index", offset: 5)
    }
    guard block.length > 0 else { return ProtocolViolation(.outOfRange, id, "an empty block", field: "length", offset: 13) }
    guard block.length <= limits.blockLength else {
      return ProtocolViolation(
        .tooLong, id, "a block of \(block.length) bytes, at most \(limits.blockLength) are served", field: "length", offset: 13)
    }
    return ProtocolViolation(.outOfRange, id, "\(block) does not lie within its piece", field: "begin", offset: 9)
  }

  /// What speaks for and against serving a block that the peer has asked for.
  package func standing(of block: Block) -> RequestStanding {
    RequestStanding(isAllowed: !amChoking || allowedFast.contains(block.piece), isAnnounced: announced[Int(block.piece)])
  }

  /// Whether the peer may have this block now: not choked (or allowed regardless), and of a piece that we have announced to it.
  package func isServable(_ block: Block) -> Bool { standing(of: block).isServable }

  mutating func receiveCancel(_ block: Block) throws(ProtocolViolation) -> PeerEvent {
    try check(block, .cancel)
    return .cancelled(block)
  }

  mutating func receivePiece(_ data: PieceData) throws(ProtocolViolation) -> PeerEvent {
    guard takeRequest(data.block) else {
      throw ProtocolViolation(.unrequested, .piece, "\(data.block) was not asked for", field: "index", offset: 5)
    }
    return .piece(data)
  }

  mutating func receiveReject(_ block: Block) throws(ProtocolViolation) -> PeerEvent {
    try checkFast(.reject)
    guard takeRequest(block) else {
      throw ProtocolViolation(.unrequested, .reject, "\(block) was not asked for", field: "index", offset: 5)
    }
    return .rejected(block)
  }

  /// Whether the peer may be asked for this block now: it has the piece, and serves us or allows the piece regardless (BEP 6).
  package func mayRequest(_ block: Block) -> Bool {
    guard !peerChoking || peerAllowedFast.contains(block.piece), peerPieces[Int(block.piece)] else { return false }
    return bounds.surelyContain(block) || layout?.contains(block) == true
  }

  /// We are about to ask for a block. Nil where we may not: the block returns to the picker.
  package mutating func willRequest(_ block: Block) -> PeerMessage? {
    guard mayRequest(block) else { return nil }
    didRequest(block)
    return .request(block)
  }

  /// We have sent a `request`. A block that is still owed to us after a `cancel` is then owed twice.
  package mutating func didRequest(_ block: Block) {
    if !outstandingRequests.insert(block).inserted { remember(lapsed: block) }
  }

  /// We are about to take a request back. Nil where nothing is owed to us.
  package mutating func willCancel(_ block: Block) -> PeerMessage? {
    guard outstandingRequests.contains(block) else { return nil }
    didCancel(block)
    return .cancel(block)
  }

  /// We have sent a `cancel`. With the fast extension the block is still answered; without it, it may be. A peer that has the extension and does
  /// not answer costs us no more memory than one that has not.
  package mutating func didCancel(_ block: Block) {
    guard outstandingRequests.contains(block) else { return }
    if fast {
      cancelledRequests.append(block)
      guard cancelledRequests.count > limits.lapsedRequests else { return }
    }
    let given = fast ? cancelledRequests.removeFirst() : block
    if outstandingRequests.remove(given) != nil { remember(lapsed: given) }
  }

  /// Keeps a block that we have given up, so that data on its way is no violation. The oldest are forgotten.
  mutating func remember(lapsed block: Block) {
    guard limits.lapsedRequests > 0 else { return }
    if lapsedRequests.count >= limits.lapsedRequests { lapsedRequests.removeFirst() }
    lapsedRequests.append(block)
  }

  private mutating func takeRequest(_ block: Block) -> Bool {
    if outstandingRequests.remove(block) != nil {
      if let index = cancelledRequests.firstIndex(of: block) { cancelledRequests.remove(at: index) }
      return true
    }
    guard let index = lapsedRequests.firstIndex(of: block) else { return false }
    lapsedRequests.remove(at: index)
    return true
  }
}
