import Metainfo
import NIOCore

/// How far a peer's handshake has come.
package enum HandshakeProgress: Hashable, Sendable {
  /// The first 48 bytes: enough to know the torrent, and to answer.
  case header(reserved: ReservedBits, infoHash: SHA1Digest)
  /// All 68 bytes.
  case complete(Handshake)
}

/// Reads one handshake from a stream, however it is cut. A peer that does not speak BitTorrent is refused at its first wrong byte.
package struct HandshakeDecoder: Sendable {
  private enum State {
    /// So many bytes of the protocol's name have matched.
    case protocolName(matched: Int)
    case header
    case peerID(ReservedBits, SHA1Digest)
    case done
  }

  private var state = State.protocolName(matched: 0)

  package init() {}

  /// Whether the handshake has been read to its end; what follows are messages.
  package var isComplete: Bool { if case .done = state { true } else { false } }

  /// Consumes what it can: `.header`, then `.complete`; nil where more bytes are needed, and after the end.
  package mutating func next(_ buffer: inout ByteBuffer) throws(ProtocolViolation) -> HandshakeProgress? {
    if case .protocolName(let matched) = state {
      let total = try Self.match(&buffer, after: matched)
      state = total == Handshake.protocolName.count ? .header : .protocolName(matched: total)
    }
    switch state {
    case .protocolName, .done: return nil
    case .header: return readHeader(&buffer)
    case .peerID(let reserved, let infoHash): return readPeerID(&buffer, reserved, infoHash)
    }
  }

  private static func match(_ buffer: inout ByteBuffer, after matched: Int) throws(ProtocolViolation) -> Int {
    for (offset, expected) in Handshake.protocolName.enumerated().dropFirst(matched) {
      guard let byte = buffer.readInteger(as: UInt8.self) else { return offset }
      guard byte == expected else {
        throw ProtocolViolation(
          .wrongProtocol, "not a plain BitTorrent handshake (an encrypted one, or another protocol)",
          at: .init(message: "handshake", field: "protocol", offset: offset))
      }
    }
    return Handshake.protocolName.count
  }

  private mutating func readHeader(_ buffer: inout ByteBuffer) -> HandshakeProgress? {
    guard buffer.readableBytes >= 28, let reserved = buffer.readInteger(as: UInt64.self), let hash = buffer.readSlice(length: 20),
      let infoHash = SHA1Digest(hash.readableBytesView)
    else { return nil }
    let bits = ReservedBits(rawValue: reserved)
    state = .peerID(bits, infoHash)
    return .header(reserved: bits, infoHash: infoHash)
  }

  private mutating func readPeerID(_ buffer: inout ByteBuffer, _ reserved: ReservedBits, _ infoHash: SHA1Digest) -> HandshakeProgress? {
    guard let id = buffer.readMultipleIntegers(as: (UInt64, UInt64, UInt32).self) else { return nil }
    state = .done
    return .complete(Handshake(reserved: reserved, infoHash: infoHash, peerID: PeerID(high: id.0, middle: id.1, low: id.2)))
  }
}
