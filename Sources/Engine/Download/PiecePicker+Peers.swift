import Metainfo

// What peers have and hint at.
extension PiecePicker {
  /// A connection has been authorized. It has nothing until it says so.
  package mutating func join(_ number: PeerNumber) {
    if peers[number] == nil { peers[number] = PickerPeer(pieces: PieceSet(count: layout.pieceCount)) }
  }

  /// A connection is gone: what it was asked for is asked of others.
  package mutating func leave(_ number: PeerNumber) {
    for block in requests[number] ?? [] { release(block, from: number) }
    requests[number] = nil
    for piece in partials.keys where partials[piece]?.owner == number { partials[piece]?.owner = nil }
    guard let peer = peers.removeValue(forKey: number) else { return }
    if let pieces = peer.pieces { for piece in pieces { order.lower(piece) } }
  }

  /// A peer has these pieces, whatever it had before. True where its being of interest has changed by that.
  package mutating func has(_ pieces: Bitfield, _ number: PeerNumber) -> Bool {
    if pieces.count == layout.pieceCount, pieces.isFull { return hasAll(number) }
    var set = PieceSet(count: layout.pieceCount)
    if pieces.count == layout.pieceCount { set = PieceSet(pieces) }
    return replace(set, number)
  }

  /// A peer has every piece: O(1), since what is nowhere rare changes no order.
  package mutating func hasAll(_ number: PeerNumber) -> Bool { replace(nil, number) }

  /// A peer has got a piece. True where it has become interesting by that.
  package mutating func has(_ piece: Int, _ number: PeerNumber) -> Bool {
    guard (0..<layout.pieceCount).contains(piece), peers[number]?.has(piece) == false else { return false }
    peers[number]?.pieces?[piece] = true
    order.raise(piece)
    guard lacking[piece] else { return false }
    peers[number]?.wanted += 1
    return peers[number]?.wanted == 1
  }

  /// A peer has lost a piece (BEP 54): what it was asked for of it is asked of others. True where it is not interesting any more.
  package mutating func lost(_ piece: Int, _ number: PeerNumber) -> Bool {
    guard (0..<layout.pieceCount).contains(piece), let peer = peers[number], peer.has(piece) else { return false }
    for block in requests[number] ?? [] where Int(block.piece) == piece { release(block, from: number) }
    if peer.pieces == nil {
      // It counts with the others from now on.
      let all = PieceSet(count: layout.pieceCount, filled: true)
      for piece in all { order.raise(piece) }
      peers[number]?.pieces = all
    }
    peers[number]?.pieces?[piece] = false
    order.lower(piece)
    guard lacking[piece] else { return false }
    peers[number]?.wanted -= 1
    return peers[number]?.wanted == 0
  }

  /// A peer would like to be asked for this piece (BEP 6).
  package mutating func suggests(_ piece: Int, _ number: PeerNumber) {
    guard (0..<layout.pieceCount).contains(piece), var suggested = peers[number]?.suggested, !suggested.contains(piece) else { return }
    suggested.append(piece)
    peers[number]?.suggested = suggested.suffix(settings.suggestions)
  }

  /// A peer gives this piece although it chokes us (BEP 6). The session has bounded how many there are.
  package mutating func allowsFast(_ piece: Int, _ number: PeerNumber) {
    guard (0..<layout.pieceCount).contains(piece), let allowed = peers[number]?.allowedFast, allowed.count < 64,
      !allowed.contains(piece)
    else { return }
    peers[number]?.allowedFast.append(piece)
  }

  private mutating func replace(_ pieces: PieceSet?, _ number: PeerNumber) -> Bool {
    guard let peer = peers[number], peer.pieces != pieces else { return false }
    for block in requests[number] ?? [] where pieces.map({ !$0[Int(block.piece)] }) ?? false { release(block, from: number) }
    if let former = peer.pieces { for piece in former { order.lower(piece) } }
    if let pieces { for piece in pieces { order.raise(piece) } }
    peers[number]?.pieces = pieces
    let wanted = pieces?.population(with: lacking) ?? lackingCount
    peers[number]?.wanted = wanted
    return (peer.wanted > 0) != (wanted > 0)
  }
}
