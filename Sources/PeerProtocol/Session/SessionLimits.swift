/// What a session takes from a peer.
package struct SessionLimits: Hashable, Sendable {
  /// The longest block that a `request` may ask for, in bytes. Clients ask for 16 KiB; some have asked for 128 KiB.
  package var blockLength: UInt32
  /// The most pieces that we believe in while there is no metadata.
  package var pieceCount: Int
  /// The most pieces remembered from `allowed fast`; clients send ten.
  package var allowedFast: Int
  /// The most blocks remembered after a cancel or a choke, whose data may still arrive.
  package var lapsedRequests: Int
  /// Limits of the extended handshake.
  package var extendedHandshake: ExtendedHandshakeLimits

  package init(
    blockLength: UInt32 = 131_072, pieceCount: Int = 2_097_152, allowedFast: Int = 64, lapsedRequests: Int = 1_024,
    extendedHandshake: ExtendedHandshakeLimits = ExtendedHandshakeLimits()
  ) {
    (self.blockLength, self.pieceCount, self.allowedFast) = (blockLength, pieceCount, allowedFast)
    (self.lapsedRequests, self.extendedHandshake) = (lapsedRequests, extendedHandshake)
  }
}
