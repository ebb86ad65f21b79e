import Metainfo

/// How pieces are picked.
package struct PickerSettings: Sendable, Hashable {
  /// The first pieces are taken at random, so that a newcomer soon has something that others lack and does not wait for what is rare.
  package var randomPieces = 4
  /// How many peers may be asked for one block at a time in the endgame.
  package var endgameRequesters = 3
  /// Pieces that are looked at one by one before the search goes by words of 64.
  package var steps = 256
  /// Pieces of which the rarest is taken where that search is needed.
  package var candidates = 256
  /// Blocks of which the endgame chooses.
  package var endgameCandidates = 512
  /// Suggestions that are remembered of one peer.
  package var suggestions = 16
  /// Pieces in progress for each peer, and beside those, before peers share what others have begun.
  package var partialsPerPeer = 2
  package var furtherPartials = 8

  package init() {}
}

/// What a peer can be asked for now.
package struct PickDemand: Sendable, Hashable {
  /// Blocks, at most.
  package var count: Int
  /// The peer chokes us: only pieces that it allows regardless (BEP 6).
  package var isChoked: Bool
  /// The peer brings a whole piece in little time, so that it gets pieces of its own.
  package var prefersWholePieces: Bool

  package init(_ count: Int, isChoked: Bool = false, prefersWholePieces: Bool = false) {
    (self.count, self.isChoked, self.prefersWholePieces) = (count, isChoked, prefersWholePieces)
  }
}

/// A request of ours that has become needless.
package struct CancelledRequest: Sendable, Hashable {
  package let peer: PeerNumber
  package let block: Block

  package init(peer: PeerNumber, block: Block) {
    (self.peer, self.block) = (peer, block)
  }
}

/// What a block was to us.
package struct BlockReceipt: Sendable, Hashable {
  package enum Standing: Sendable, Hashable {
    /// It was missing: write it.
    case accepted
    /// It is there already, of the endgame or late: throw it away.
    case duplicate
    /// Of a piece that we have or do not want, or not one of our blocks: throw it away.
    case unwanted
  }

  package let standing: Standing
  /// It was the last of its piece, which is to be hashed: `passed` or `failed` ends its time here.
  package var completesPiece = false
  /// The others that were asked for it: cancel there.
  package var cancels: [CancelledRequest] = []
}
