import Metainfo
import NIOCore

// BEP 52's hash messages.
extension PeerSession {
  mutating func receiveHashRequest(_ request: HashRequest) throws(ProtocolViolation) -> PeerEvent {
    try checkV2(.hashRequest)
    return .hashRequested(request)
  }

  mutating func receiveHashes(_ request: HashRequest, _ hashes: ByteBuffer) throws(ProtocolViolation) -> PeerEvent {
    try checkV2(.hashes)
    guard outstandingHashRequests.remove(request) != nil else {
      throw ProtocolViolation(.unrequested, .hashes, "these hashes were not asked for", field: "pieces root", offset: 5)
    }
    let expected = request.hashCount * SHA256Digest.byteCount
    guard hashes.readableBytes == expected else {
      throw ProtocolViolation(
        .wrongLength, .hashes, "\(hashes.readableBytes) bytes of hashes, there must be \(expected)", field: "hashes", offset: 53)
    }
    return .hashes(request, hashes)
  }

  mutating func receiveHashReject(_ request: HashRequest) throws(ProtocolViolation) -> PeerEvent {
    try checkV2(.hashReject)
    guard outstandingHashRequests.remove(request) != nil else {
      throw ProtocolViolation(.unrequested, .hashReject, "these hashes were not asked for", field: "pieces root", offset: 5)
    }
    return .hashRejected(request)
  }

  /// We have sent a `hash request`.
  package mutating func didRequest(_ hashes: HashRequest) { outstandingHashRequests.insert(hashes) }

  private func checkV2(_ id: MessageID) throws(ProtocolViolation) {
    guard v2 else { throw ProtocolViolation(.notNegotiated, id, "v2 (BEP 52) was not negotiated") }
  }
}
