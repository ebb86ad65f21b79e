import Metainfo
import PeerProtocol
internal import PluginKit

/// The bytes that a proof is made over: everything that the two ends of one connection have said to each other, and who of them speaks.
///
/// A proof for another connection, another artifact, the other direction or another TLS link is over other bytes. Fields are in this order,
/// each behind its length as four bytes, highest first:
///
/// | # | field | bytes |
/// |---|---|---|
/// | 1 | `granary gr_auth 1` | 17 |
/// | 2 | `dialer` or `listener`: who proves | 6 or 8 |
/// | 3, 4 | the reserved bytes of the dialer, of the listener | 8 each |
/// | 5 | the info-hash that the dialer named | 20 |
/// | 6, 7 | the peer id of the dialer, of the listener | 20 each |
/// | 8, 9 | the offer of the dialer, of the listener, as bencoded | any |
/// | 10 | the link's exporter value (RFC 9266); empty on a plain link | 32 or 0 |
/// | 11 | the id of the key that proves | any |
/// | 12 | the token that is shown; empty where none is | any |
/// | 13 | the dialer's proof; empty in the dialer's own | 0, 32 or 64 |
struct AuthTranscript: Sendable {
  static let context = "granary gr_auth 1"

  let dialer: PeerHandshake
  let listener: PeerHandshake
  let infoHash: SHA1Digest
  let dialerOffer: [UInt8]
  let listenerOffer: [UInt8]
  let exporter: [UInt8]

  init(_ opening: ConversationOpening, ourOffer: [UInt8], theirOffer: [UInt8], exporter: [UInt8]?) {
    let isDialer = opening.role == .dialer
    (dialer, listener) = isDialer ? (opening.ours, opening.theirs) : (opening.theirs, opening.ours)
    (dialerOffer, listenerOffer) = isDialer ? (ourOffer, theirOffer) : (theirOffer, ourOffer)
    (infoHash, self.exporter) = (opening.infoHash, exporter ?? [])
  }

  /// What a proof is made over.
  func bytes(by prover: ConversationOpening.Role, key: String, token: [UInt8], dialerProof: [UInt8]) -> [UInt8] {
    let fields: [[UInt8]] = [
      Array(Self.context.utf8), Array((prover == .dialer ? "dialer" : "listener").utf8), dialer.reserved.bytes, listener.reserved.bytes,
      Array(infoHash.bytes), Array(dialer.peerID.bytes), Array(listener.peerID.bytes), dialerOffer, listenerOffer, exporter,
      Array(key.utf8), token, dialerProof,
    ]
    return fields.reduce(into: []) { bytes, field in
      withUnsafeBytes(of: UInt32(clamping: field.count).bigEndian) { bytes += $0 }
      bytes += field
    }
  }
}
