import Metainfo

/// The longest messages that we take from a peer. A longer one is refused before any of it is buffered.
package struct MessageLimits: Hashable, Sendable {
  /// The longest bitfield before the number of pieces is known: two million pieces.
  package static let unknownBitfield = 262_144

  /// Bytes of bits in a `bitfield`. Whether the number is exactly right is for the session to say.
  package var bitfield: Int
  /// Bytes of data in a `piece`; 0 where we ask for no block, and then a `piece` is a violation by itself.
  package var block: Int
  /// Bytes of an extended message after its number (BEP 10).
  package var extended: Int
  /// Bytes of an unknown message after its id.
  package var unknown: Int
  /// Bytes of hashes in `hashes` (BEP 52); 0 where we ask for no hashes.
  package var hashes: Int

  /// Limits for a connection on which we may also download. `pieceCount` is nil while we have no metadata.
  /// `hashes` has room for 512 hashes, the most that BEP 52 wants asked at once, and a proof.
  package init(
    pieceCount: Int?, block: Int = Block.standardLength, extended: Int = 1_048_576, unknown: Int = 65_536, hashes: Int = (512 + 64) * 32
  ) {
    bitfield = pieceCount.map { (max(0, $0) + 7) / 8 } ?? Self.unknownBitfield
    (self.block, self.extended, self.unknown, self.hashes) = (max(0, block), max(0, extended), max(0, unknown), max(0, hashes))
  }

  /// Limits for a connection on which we only upload: no data, no hashes, small extended messages.
  package static func seed(pieceCount: Int, extended: Int = 65_536, unknown: Int = 16_384) -> MessageLimits {
    MessageLimits(pieceCount: pieceCount, block: 0, extended: extended, unknown: unknown, hashes: 0)
  }

  /// The greatest length prefix of a message with this id (nil: unknown).
  func maximumLength(_ id: MessageID?) -> Int {
    guard let id else { return 1 + unknown }
    return switch id {
    case .bitfield: 1 + bitfield
    case .piece: 9 + block
    case .extended: 2 + extended
    case .hashes: 1 + HashRequest.byteCount + hashes
    default: id.minimumLength
    }
  }

  /// The greatest length prefix of any message.
  var maximumLength: Int {
    [maximumLength(nil), maximumLength(.bitfield), maximumLength(.piece), maximumLength(.extended), maximumLength(.hashes)]
      .reduce(1 + HashRequest.byteCount, max)
  }
}
