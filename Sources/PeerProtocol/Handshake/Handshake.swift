import Metainfo
import NIOCore

/// The first 68 bytes that each side of a connection sends (BEP 3).
package struct Handshake: Hashable, Sendable {
  /// The length of a handshake in bytes.
  package static let byteCount = 68
  /// What every handshake begins with: the length of the protocol's name, and the name.
  static let protocolName: [UInt8] = [19] + Array("BitTorrent protocol".utf8)

  /// What the sender can do.
  package let reserved: ReservedBits
  /// The torrent, by its v1 info-hash or the truncated v2 one.
  package let infoHash: SHA1Digest
  /// The sender's id.
  package let peerID: PeerID

  package init(reserved: ReservedBits, infoHash: SHA1Digest, peerID: PeerID) {
    (self.reserved, self.infoHash, self.peerID) = (reserved, infoHash, peerID)
  }

  /// Appends the 68 bytes.
  package func encode(into buffer: inout ByteBuffer) {
    buffer.writeBytes(Self.protocolName)
    buffer.writeInteger(reserved.rawValue)
    buffer.writeBytes(infoHash.bytes)
    buffer.writeMultipleIntegers(peerID.high, peerID.middle, peerID.low)
  }
}
