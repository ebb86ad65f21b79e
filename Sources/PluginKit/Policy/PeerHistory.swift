/// What a peer has had so far, as far as somebody in the pipeline counts it (``Plugin/history(of:isConnected:)``).
public struct PeerHistory: Sendable, Hashable, Codable {
  /// Bytes of the artifact's blocks that its principal was given, over all connections; nil where no artifact is named, or nobody counts.
  public let bytes: Int64?
  /// Connections of its principal besides this one; nil where nobody counts.
  public let connections: Int?

  public init(bytes: Int64?, connections: Int?) {
    (self.bytes, self.connections) = (bytes, connections)
  }
}
