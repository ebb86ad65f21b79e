import Metainfo
import NIOCore

// Who has which pieces, both ways.
extension PeerSession {
  mutating func receiveBitfield(_ bits: ByteBuffer) throws(ProtocolViolation) -> PeerEvent {
    try checkAvailability(.bitfield, cost: bits.readableBytes >> 10)
    guard let layout else {
      let bytes = Array(bits.readableBytesView)
      guard bytes.count <= (limits.pieceCount + 7) / 8, let bitfield = Bitfield(count: bytes.count * 8, bytes: bytes) else {
        throw ProtocolViolation(.tooLong, .bitfield, "\(bytes.count) bytes, more than any torrent's that we take", field: "bits", offset: 5)
      }
      early.setBitfield(bytes)
      return .bitfield(bitfield)
    }
    let bitfield = try Self.bitfield(bits, count: layout.pieceCount)
    (peerPieces, peerPieceCount) = (bitfield, bitfield.population)
    return .bitfield(bitfield)
  }

  mutating func receiveHaveAll() throws(ProtocolViolation) -> PeerEvent {
    try checkFast(.haveAll)
    try checkAvailability(.haveAll, cost: costOfAll)
    if layout == nil { early.setAll() }
    peerPieces = Bitfield(count: layout?.pieceCount ?? 0, filled: true)
    peerPieceCount = peerPieces.count
    return .haveAll
  }

  mutating func receiveHaveNone() throws(ProtocolViolation) -> PeerEvent {
    try checkFast(.haveNone)
    try checkAvailability(.haveNone, cost: costOfAll)
    // A set that is empty already may be one that many sessions share.
    if peerPieceCount > 0 { (peerPieces, peerPieceCount) = (Bitfield(count: layout?.pieceCount ?? 0), 0) }
    return .haveNone
  }

  /// A byte says it of all pieces, and it costs us what a bitfield costs.
  private var costOfAll: Int { (layout?.pieceCount ?? 0) >> 13 }

  mutating func receiveHave(_ index: UInt32) throws(ProtocolViolation) -> PeerEvent {
    let piece = try check(piece: index, .have)
    set(piece, true)
    return .have(piece)
  }

  /// `lt_donthave` of the peer's.
  mutating func receiveDontHave(_ index: UInt32) throws(ProtocolViolation) -> PeerEvent {
    guard let piece = knownPiece(index) else {
      throw ProtocolViolation(.outOfRange, Self.noSuchPiece(index, layout), at: .init(message: DontHaveMessage.name, field: "index"))
    }
    // Each piece may be lost once: to have and to lose one again and again says nothing.
    if lostCount >= UInt32(clamping: layout?.pieceCount ?? 0) { countGlitch() } else { lostCount += 1 }
    set(piece, false)
    return .dontHave(piece)
  }

  /// Records that the peer has a piece or has it no more; what we knew already is a glitch.
  private mutating func set(_ piece: Int, _ isThere: Bool) {
    guard layout != nil else {
      if !early.set(piece, isThere) { countGlitch() }
      return
    }
    guard peerPieces[piece] != isThere else { return countGlitch() }
    peerPieces[piece] = isThere
    peerPieceCount += isThere ? 1 : -1
  }

  mutating func receiveSuggest(_ index: UInt32) throws(ProtocolViolation) -> PeerEvent {
    try checkFast(.suggest)
    countGlitch()
    return .suggested(try check(piece: index, .suggest))
  }

  mutating func receiveAllowedFast(_ index: UInt32) throws(ProtocolViolation) -> PeerEvent {
    try checkFast(.allowedFast)
    let piece = try check(piece: index, .allowedFast)
    countGlitch()
    if peerAllowedFast.count < limits.allowedFast { peerAllowedFast.insert(index) }
    return .allowedFast(piece)
  }

  /// The metadata has become known: what the peer has said of its pieces is judged now.
  /// - Throws: `.outOfRange` where it does not fit the torrent.
  package mutating func learn(_ layout: PieceLayout) throws(ProtocolViolation) {
    guard self.layout == nil else { return }
    guard let pieces = early.bitfield(count: layout.pieceCount) else {
      throw ProtocolViolation(
        .outOfRange, .bitfield, "what the peer has announced does not fit a torrent of \(layout.pieceCount) pieces", field: "bits")
    }
    (self.layout, bounds) = (layout, BlockBounds(layout))
    (peerPieces, peerPieceCount) = (pieces, pieces.population)
    early = EarlyPieces()
    announced = Bitfield(count: layout.pieceCount)
    peerAllowedFast = peerAllowedFast.filter { Int($0) < layout.pieceCount }
  }
}

// MARK: - Our own pieces

extension PeerSession {
  /// We are about to say what we have. The shortest message that says it: with the fast extension `have all` and `have none` where they
  /// apply; nil where nothing need be said (nothing to offer and no fast extension) or it has been said before.
  @discardableResult
  package mutating func willAnnounce(_ pieces: Bitfield) -> PeerMessage? {
    guard !hasAnnounced else { return nil }
    (hasAnnounced, announced) = (true, pieces)
    if pieces.isEmpty { return fast ? .haveNone : nil }
    if fast, pieces.isFull { return .haveAll }
    return .bitfield(ByteBuffer(bytes: pieces.bytes))
  }

  /// We are about to send `have`. False where the peer knows.
  @discardableResult
  package mutating func willHave(_ piece: Int) -> Bool {
    guard piece >= 0, piece < announced.count, !announced[piece] else { return false }
    announced[piece] = true
    return true
  }

  /// We have lost a piece: from now on requests for it are not servable. The message that says so (BEP 54), where the peer believes that
  /// we have it and understands the message; else nil.
  @discardableResult
  package mutating func willDontHave(_ piece: Int) -> PeerMessage? {
    guard announced[piece], let index = UInt32(exactly: piece) else { return nil }
    announced[piece] = false
    guard let id = peerExtensions?.messages[DontHaveMessage.name], id != 0 else { return nil }
    var payload = ByteBuffer()
    DontHaveMessage(piece: index).encode(into: &payload)
    return .extended(id: id, payload)
  }

  /// We are about to allow the peer a piece while it is choked (BEP 6). False where that was said, or is not possible.
  @discardableResult
  package mutating func willAllowFast(_ piece: Int) -> Bool {
    guard fast, piece >= 0, piece < announced.count, let index = UInt32(exactly: piece) else { return false }
    return allowedFast.insert(index).inserted
  }
}

// MARK: - Checks

extension PeerSession {
  func checkFast(_ id: MessageID) throws(ProtocolViolation) {
    guard fast else { throw ProtocolViolation(.notNegotiated, id, "the fast extension (BEP 6) was not negotiated") }
  }

  /// BEP 3 and BEP 6 want availability once and first. aria2 says it again, in place of many `have`s, and is right about what it has: with the
  /// metadata known a later one is taken, and counted as a glitch. Without, it would have to be remembered twice.
  private mutating func checkAvailability(_ id: MessageID, cost: Int = 0) throws(ProtocolViolation) {
    guard !acceptsAvailability else { return }
    guard layout != nil else {
      throw ProtocolViolation(.unexpected, id, "what a peer has is said once while the torrent is not known")
    }
    countGlitch(times: 1 + cost)
  }

  private func check(piece index: UInt32, _ id: MessageID) throws(ProtocolViolation) -> Int {
    guard let piece = knownPiece(index) else {
      throw ProtocolViolation(.outOfRange, id, Self.noSuchPiece(index, layout), field: "index", offset: 5)
    }
    return piece
  }

  private func knownPiece(_ index: UInt32) -> Int? {
    guard let piece = Int(exactly: index), piece < layout?.pieceCount ?? limits.pieceCount else { return nil }
    return piece
  }

  private static func noSuchPiece(_ index: UInt32, _ layout: PieceLayout?) -> String {
    layout.map { "there is no piece \(index): the torrent has \($0.pieceCount)" }
      ?? "there is no piece \(index) in any torrent that we take"
  }

  private static func bitfield(_ bits: ByteBuffer, count: Int) throws(ProtocolViolation) -> Bitfield {
    let length = (count + 7) / 8
    guard bits.readableBytes == length else {
      throw ProtocolViolation(
        .wrongLength, .bitfield, "\(bits.readableBytes) bytes, \(count) pieces need \(length)", field: "bits", offset: 5)
    }
    guard let bitfield = Bitfield(count: count, bytes: bits.readableBytesView) else {
      throw ProtocolViolation(.outOfRange, .bitfield, "a spare bit is set", field: "bits", offset: 4 + length)
    }
    return bitfield
  }
}
