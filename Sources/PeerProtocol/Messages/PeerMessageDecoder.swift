import Metainfo
import NIOCore

/// Cuts a stream of bytes into messages and checks every length before it is believed: a message that is too long, or whose length
/// cannot be right, is refused as soon as its length prefix and id are there, before any of it need be buffered.
///
/// `request` is the hot path: one bulk read, no allocation.
package struct PeerMessageDecoder: Sendable {
  /// The limits; they may be changed between messages, such as when the metadata becomes known.
  package var limits: MessageLimits {
    didSet { maximumLength = limits.maximumLength }
  }
  private var maximumLength: Int

  package init(limits: MessageLimits) {
    self.limits = limits
    maximumLength = limits.maximumLength
  }

  /// How many bytes the message that the buffer begins with lacks, as far as that can be told: first of its length, then of what that says.
  /// Whether the length is one that is taken is for `next` to say.
  package static func bytesLacking(_ buffer: ByteBuffer) -> Int {
    guard let length = buffer.peekInteger(as: UInt32.self) else { return 4 - buffer.readableBytes }
    return max(0, 4 + Int(length) - buffer.readableBytes)
  }

  /// Consumes one message; nil, with nothing consumed, where more bytes are needed.
  package mutating func next(_ buffer: inout ByteBuffer) throws(ProtocolViolation) -> PeerMessage? {
    if let block = Self.takeRequest(&buffer) { return .request(block) }
    return try nextOfAnyKind(&buffer)
  }

  /// A whole `request` at the buffer's beginning, else nil.
  @inline(__always)
  private static func takeRequest(_ buffer: inout ByteBuffer) -> Block? {
    guard let (length, id, piece, offset, count) = buffer.peekMultipleIntegers(as: (UInt32, UInt8, UInt32, UInt32, UInt32).self),
      length == 13, id == MessageID.request.rawValue
    else { return nil }
    buffer.moveReaderIndex(forwardBy: 17)
    return Block(piece: piece, offset: offset, length: count)
  }

  @inline(never)
  private func nextOfAnyKind(_ buffer: inout ByteBuffer) throws(ProtocolViolation) -> PeerMessage? {
    guard let prefix = buffer.peekInteger(as: UInt32.self) else { return nil }
    let length = Int(prefix)
    if length == 0 {
      buffer.moveReaderIndex(forwardBy: 4)
      return .keepAlive
    }
    guard length <= maximumLength else { throw Self.tooLong(length, limit: maximumLength) }
    guard let id = buffer.getInteger(at: buffer.readerIndex + 4, as: UInt8.self) else { return nil }
    let kind = MessageID(rawValue: id)
    try check(length, of: kind)
    guard buffer.readableBytes >= 4 + length else { return nil }
    buffer.moveReaderIndex(forwardBy: 5)
    guard var payload = buffer.readSlice(length: length - 1) else { return nil }
    guard let kind else { return .unknown(id: id, payload) }
    guard let message = Self.decode(kind, &payload) else { throw Self.wrongLength(length, kind) }
    return message
  }

  private func check(_ length: Int, of kind: MessageID?) throws(ProtocolViolation) {
    guard let kind else {
      guard length <= limits.maximumLength(nil) else { throw Self.tooLong(length, limit: limits.maximumLength(nil)) }
      return
    }
    if let expected = kind.fixedLength {
      guard length == expected else { throw Self.wrongLength(length, kind) }
      return
    }
    guard length >= kind.minimumLength else { throw Self.wrongLength(length, kind) }
    if kind == .hashes, !(length - kind.minimumLength).isMultiple(of: SHA256Digest.byteCount) { throw Self.wrongLength(length, kind) }
    let limit = limits.maximumLength(kind)
    guard length <= limit else { throw tooLong(length, kind, limit: limit) }
  }

  /// The message in a payload whose length has been checked; nil where it is too short all the same.
  private static func decode(_ kind: MessageID, _ payload: inout ByteBuffer) -> PeerMessage? {
    switch kind {
    case .choke: .choke
    case .unchoke: .unchoke
    case .interested: .interested
    case .notInterested: .notInterested
    case .haveAll: .haveAll
    case .haveNone: .haveNone
    case .have: payload.readInteger().map(PeerMessage.have)
    case .suggest: payload.readInteger().map(PeerMessage.suggest)
    case .allowedFast: payload.readInteger().map(PeerMessage.allowedFast)
    case .port: payload.readInteger().map(PeerMessage.port)
    case .bitfield: .bitfield(payload)
    case .request: readBlock(&payload).map(PeerMessage.request)
    case .cancel: readBlock(&payload).map(PeerMessage.cancel)
    case .reject: readBlock(&payload).map(PeerMessage.reject)
    case .piece: readPiece(&payload)
    case .extended: payload.readInteger(as: UInt8.self).map { PeerMessage.extended(id: $0, payload) }
    case .hashRequest: HashRequest(reading: &payload).map(PeerMessage.hashRequest)
    case .hashes: HashRequest(reading: &payload).map { PeerMessage.hashes($0, payload) }
    case .hashReject: HashRequest(reading: &payload).map(PeerMessage.hashReject)
    }
  }

  private static func readBlock(_ payload: inout ByteBuffer) -> Block? {
    payload.readMultipleIntegers(as: (UInt32, UInt32, UInt32).self).map { Block(piece: $0.0, offset: $0.1, length: $0.2) }
  }

  private static func readPiece(_ payload: inout ByteBuffer) -> PeerMessage? {
    guard let (piece, offset) = payload.readMultipleIntegers(as: (UInt32, UInt32).self) else { return nil }
    return .piece(PieceData(piece: piece, offset: offset, bytes: payload))
  }
}

extension PeerMessageDecoder {
  private static func tooLong(_ length: Int, limit: Int) -> ProtocolViolation {
    ProtocolViolation(
      .tooLong, "the length prefix says \(length), at most \(limit) is taken", at: .init(message: "message", field: "length", offset: 0))
  }

  private func tooLong(_ length: Int, _ kind: MessageID, limit: Int) -> ProtocolViolation {
    if kind == .piece, limits.block == 0 {
      return ProtocolViolation(.unrequested, kind, "data came on a connection on which we ask for none", field: "length", offset: 0)
    }
    if kind == .hashes, limits.hashes == 0 {
      return ProtocolViolation(.unrequested, kind, "hashes came on a connection on which we ask for none", field: "length", offset: 0)
    }
    return ProtocolViolation(.tooLong, kind, "the length prefix says \(length), at most \(limit) is taken", field: "length", offset: 0)
  }

  private static func wrongLength(_ length: Int, _ kind: MessageID) -> ProtocolViolation {
    let expected = kind.fixedLength.map { "it must be \($0)" } ?? "that cannot be"
    return ProtocolViolation(.wrongLength, kind, "the length prefix says \(length), \(expected)", field: "length", offset: 0)
  }
}
