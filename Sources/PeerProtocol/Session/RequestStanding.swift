/// What speaks for and against serving a block that a peer has asked for. The engine decides: serve, reject (fast) or ignore.
package struct RequestStanding: Hashable, Sendable {
  /// The peer is not choked, or the block is of a piece that we have allowed it regardless.
  package let isAllowed: Bool
  /// We have announced the piece to this peer.
  package let isAnnounced: Bool

  package init(isAllowed: Bool, isAnnounced: Bool) {
    (self.isAllowed, self.isAnnounced) = (isAllowed, isAnnounced)
  }

  /// Whether nothing speaks against it.
  package var isServable: Bool { isAllowed && isAnnounced }
}
