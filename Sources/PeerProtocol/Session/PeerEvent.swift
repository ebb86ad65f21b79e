import Metainfo
import NIOCore

/// What a validated message means. Piece indices are within the torrent, blocks within their pieces.
package enum PeerEvent: Hashable, Sendable {
  case keepAlive
  /// The peer serves us no more. Without the fast extension it drops what we have asked for: these blocks, which may be asked of others.
  case choked(lapsed: [Block])
  case unchoked
  /// `changed` is false where we knew it.
  case interested(changed: Bool)
  case notInterested(changed: Bool)
  case have(Int)
  /// The peer's pieces. Before the metadata is known: as many bits as there are in its bytes.
  case bitfield(Bitfield)
  case haveAll
  case haveNone
  /// The peer has lost a piece (BEP 54).
  case dontHave(Int)
  /// The peer asks for a block. Whether it may have it: `PeerSession.standing(of:)`.
  case requested(Block)
  case cancelled(Block)
  /// Data that we have asked for.
  case piece(PieceData)
  case suggested(Int)
  /// The peer refuses a block that we have asked for (BEP 6).
  case rejected(Block)
  /// We may ask for blocks of this piece although we are choked (BEP 6).
  case allowedFast(Int)
  /// The peer's DHT port (BEP 5).
  case port(UInt16)
  /// As it was sent; what holds after it is `PeerSession.peerExtensions`.
  indirect case extendedHandshake(ExtendedHandshake)
  /// Whether the peer wants nothing more (BEP 21, as a message).
  case uploadOnly(Bool)
  /// An extended message by our number for it.
  case extended(id: UInt8, ByteBuffer)
  /// Not yet checked against the file's tree: `HashRequest.refusal(fileLength:)`.
  indirect case hashRequested(HashRequest)
  /// Hashes that we have asked for: exactly `HashRequest.hashCount` of them, not yet proven.
  indirect case hashes(HashRequest, ByteBuffer)
  indirect case hashRejected(HashRequest)
  case unknown(id: UInt8, ByteBuffer)
}
