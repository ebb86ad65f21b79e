import Metainfo

// What becomes of blocks that were picked.
extension PiecePicker {
  /// A block has come that the session has found to be one that we asked for, however late.
  package mutating func receive(_ block: Block, from number: PeerNumber) -> BlockReceipt {
    requests[number]?.remove(block)
    let piece = Int(block.piece)
    guard lacking[piece], let shape = PieceShape(piece, of: layout), let index = shape.index(of: block) else {
      return BlockReceipt(standing: .unwanted)
    }
    // Late, and its piece has been given up meanwhile: what is there need not be asked for.
    if partials[piece] == nil { begin(shape) }
    guard let others = partials[piece]?.receive(index, from: number) else { return BlockReceipt(standing: .duplicate) }
    settle(piece)
    for other in others { requests[other]?.remove(block) }
    return BlockReceipt(
      standing: .accepted, completesPiece: partials[piece]?.isFull ?? false,
      cancels: others.map { CancelledRequest(peer: $0, block: block) })
  }

  /// A peer will not give a block, or is too slow: it is asked of others. Harmless where the block is not asked of the peer.
  package mutating func release(_ block: Block, from number: PeerNumber) {
    requests[number]?.remove(block)
    guard let index = partials[Int(block.piece)]?.shape.index(of: block),
      partials[Int(block.piece)]?.release(index, from: number) == true
    else { return }
    giveUpIfUntouched(Int(block.piece))
    settle(Int(block.piece))
  }

  /// A plugin keeps us from asking this peer for the block until the moment given (nil: for as long as the connection lasts).
  package mutating func withhold(_ block: Block, from number: PeerNumber, until: ContinuousClock.Instant?) {
    release(block, from: number)
    guard let shape = PieceShape(Int(block.piece), of: layout), let index = shape.index(of: block) else { return }
    let blocks = shape.blockCount - shape.padding(in: layout).count
    peers[number]?.withheld.insert(shape.piece, index, of: blocks, until: until, pieceCount: layout.pieceCount)
  }

  /// A block that had come could not be written, or a plugin has thrown it away: it is to be had again.
  package mutating func lose(_ block: Block) {
    guard let index = partials[Int(block.piece)]?.shape.index(of: block) else { return }
    partials[Int(block.piece)]?.reset([index])
    giveUpIfUntouched(Int(block.piece))
    settle(Int(block.piece))
  }

  mutating func begin(_ shape: PieceShape) {
    order.remove(shape.piece)
    open[shape.piece] = false
    partials[shape.piece] = PartialPiece(shape, padding: shape.padding(in: layout))
    settle(shape.piece)
  }

  /// A piece of which nothing is there is open again, so that the rarest is chosen anew.
  mutating func giveUpIfUntouched(_ piece: Int) {
    guard let partial = partials[piece], !partial.isRetry, partial.isUntouched else { return }
    partials[piece] = nil
    guard lacking[piece] else { return }
    open[piece] = true
    order.insert(piece)
  }
}
