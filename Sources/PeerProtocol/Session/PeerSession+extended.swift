import Metainfo
import NIOCore

// BEP 10's extended messages.
extension PeerSession {
  mutating func receiveExtended(_ id: UInt8, _ payload: ByteBuffer) throws(ProtocolViolation) -> PeerEvent {
    guard extensions else {
      throw ProtocolViolation(.notNegotiated, .extended, "the extension protocol (BEP 10) was not negotiated")
    }
    if id == 0 { return try receiveExtendedHandshake(payload) }
    guard peerExtensions != nil else {
      throw ProtocolViolation(.unexpected, .extended, "message \(id) came before the extended handshake", field: "id", offset: 5)
    }
    guard !ourMessages.hasAnnounced || ourMessages.contains(id) else {
      throw ProtocolViolation(.notNegotiated, .extended, "we have announced no message \(id)", field: "id", offset: 5)
    }
    return try receiveAnnounced(id, payload)
  }

  private mutating func receiveAnnounced(_ id: UInt8, _ payload: ByteBuffer) throws(ProtocolViolation) -> PeerEvent {
    switch id {
    case ourMessages.dontHave: return try receiveDontHave(DontHaveMessage.decode(payload).piece)
    case ourMessages.uploadOnly:
      countGlitch()
      // Other clients have sent other payloads under this name, and libtorrent ignores those.
      guard let message = try? UploadOnlyMessage.decode(payload) else { return .extended(id: id, payload) }
      peerUploadOnly = message.isUploadOnly
      return .uploadOnly(message.isUploadOnly)
    default: return .extended(id: id, payload)
    }
  }

  private mutating func receiveExtendedHandshake(_ payload: ByteBuffer) throws(ProtocolViolation) -> PeerEvent {
    let handshake = try ExtendedHandshake.decode(payload, limits: limits.extendedHandshake)
    // Sending it again is BEP 10's right; a long one costs us as much as many short messages.
    if peerExtensions != nil || handshake.isEmpty { countGlitch(times: 1 + payload.readableBytes >> 10) }
    let updated = (peerExtensions ?? ExtendedHandshake()).updated(by: handshake)
    guard updated.messages.count <= limits.extendedHandshake.names else {
      throw ProtocolViolation(
        .tooLong, "\(updated.messages.count) names in all, at most \(limits.extendedHandshake.names) are taken",
        at: .init(message: "extended handshake", field: "m"))
    }
    peerExtensions = updated
    if let isUploadOnly = handshake.uploadOnly { peerUploadOnly = isUploadOnly }
    return .extendedHandshake(handshake)
  }

  /// We are about to send this extended handshake: from now on the peer may send what it announces, and nothing else.
  package mutating func willSend(_ handshake: ExtendedHandshake) { ourMessages.add(handshake.messages) }
}
