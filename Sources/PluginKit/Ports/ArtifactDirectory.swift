/// What the node has of an artifact, as far as one peer may have it.
public struct ArtifactStanding: Sendable, Hashable {
  /// Pieces that are here, verified, and granted to the peer.
  public let held: Int
  /// Pieces of the artifact.
  public let pieces: Int

  public init(held: Int, pieces: Int) {
    (self.held, self.pieces) = (held, pieces)
  }
}

/// The port through which a plugin asks what the node has, in the name of one peer.
public protocol ArtifactDirectory: Sendable {
  /// What of the artifact with this info-hash the peer could have if it connected for it now: every guard of `connect` and `request` is
  /// asked. Nil where that is nothing, and where there is no such artifact: what is unknown and what is forbidden look alike.
  ///
  /// Waits for the inventory, and for guards that take their time; cancel the task to give up. How long it takes may differ between the two:
  /// who passes the answer on hides that.
  /// - Parameter infoHash: 20 bytes as a handshake names it, or the 32 of a v2 info-hash; anything else is none of ours.
  func standing(of infoHash: [UInt8], for peer: PeerFacts) async -> ArtifactStanding?

  /// The signed catalogue that the node publishes, as the peer may see it: the bytes that it would get over HTTP. Nil where the node publishes
  /// none, and for whoever may not connect. Hosts that publish nothing need not implement it.
  func catalogue(for peer: PeerFacts) async -> [UInt8]?
}

extension ArtifactDirectory {
  public func catalogue(for peer: PeerFacts) async -> [UInt8]? { nil }
}

/// The directory of a host that has nothing.
public struct NoArtifactDirectory: ArtifactDirectory {
  public init() {}

  public func standing(of infoHash: [UInt8], for peer: PeerFacts) async -> ArtifactStanding? { nil }
}
