import Metainfo
import NIOCore
import PeerProtocol
import Testing

@Suite struct PeerSessionPiecesTests {
  private static let availability: [PeerMessage] = [.bitfield(ByteBuffer(bytes: [0xFF, 0xC0])), .haveAll, .haveNone]

  @Test(arguments: availability, availability) func laterAvailabilityReplacesWhatWasSaid(first: PeerMessage, second: PeerMessage) {
    var session = PeerSession.on()
    #expect(session.violation(first) == nil)
    #expect(session.takeGlitches() == 0)
    #expect(session.violation(second) == nil)
    #expect(session.takeGlitches() == 1)
    #expect(session.peerIsSeed == (second != .haveNone))
    #expect(session.peerPieceCount == (second == .haveNone ? 0 : 10))
  }

  @Test(arguments: availability) func availabilityIsSaidOnceWhileTheTorrentIsNotKnown(second: PeerMessage) {
    var session = PeerSession(layout: nil, fast: true, extensions: true, v2: false)
    #expect(session.violation(.haveNone) == nil)
    #expect(session.violation(second) == .unexpected)
  }

  @Test(arguments: [PeerMessage.haveAll, .haveNone]) func aLaterWordOnAllPiecesCostsByTheirNumber(message: PeerMessage) {
    let file = TorrentFile(path: ["a"], length: 1 << 20)
    var session = PeerSession.on(PieceLayout(files: [file], pieceLength: 16, isFileAligned: false))
    #expect(session.violation(message) == nil)
    #expect(session.takeGlitches() == 0)
    #expect(session.violation(message) == nil)
    // 65536 pieces: as much as a bitfield of 8 KiB.
    #expect(session.takeGlitches() == 9)
  }

  @Test func aBitfieldInPlaceOfManyHavesIsTaken() {
    var session = PeerSession.on()
    #expect(session.violation(.interested) == nil)
    #expect(session.violation(.have(0)) == nil)
    #expect(session.violation(.bitfield(ByteBuffer(bytes: [0xF0, 0]))) == nil)
    #expect(session.peerPieceCount == 4)
  }

  @Test(arguments: [[], [0xFF], [0xFF, 0xC0, 0]] as [[UInt8]]) func aBitfieldHasOneBitAPiece(bytes: [UInt8]) {
    var session = PeerSession.on()
    #expect(session.violation(.bitfield(ByteBuffer(bytes: bytes))) == .wrongLength)
  }

  @Test(arguments: [0x20, 0x01, 0x3F] as [UInt8]) func aSpareBitIsRefused(last: UInt8) {
    var session = PeerSession.on()
    #expect(session.violation(.bitfield(ByteBuffer(bytes: [0, last]))) == .outOfRange)
  }

  @Test(arguments: [PeerMessage.have(10), .have(.max), .suggest(10), .allowedFast(10), .allowedFast(.max)])
  func aPieceThatThereIsNotIsRefused(message: PeerMessage) {
    var session = PeerSession.on()
    #expect(session.violation(message) == .outOfRange)
  }

  @Test func aPeerBecomesASeedByItsHavesAndCeasesToBeOne() throws {
    var session = PeerSession.on()
    session.willSend(Fixtures.handshake(["lt_donthave": 7]))
    _ = try session.receive(Fixtures.extended(ExtendedHandshake()))
    _ = try session.receive(.bitfield(ByteBuffer(bytes: [0xFF, 0x80])))
    #expect(!session.peerIsSeed)
    #expect(try session.receive(.have(9)) == .have(9))
    #expect(session.peerIsSeed && session.peerPieceCount == 10)
    #expect(try session.receive(.have(9)) == .have(9))
    #expect(session.peerPieceCount == 10)
    #expect(try session.receive(.extended(id: 7, ByteBuffer(bytes: [0, 0, 0, 9]))) == .dontHave(9))
    #expect(!session.peerIsSeed && session.peerPieceCount == 9)
    #expect(session.violation(.extended(id: 7, ByteBuffer(bytes: [0, 0, 0, 10]))) == .outOfRange)
    #expect(session.violation(.extended(id: 7, ByteBuffer(bytes: [0, 9]))) == .wrongLength)
  }

  @Test func haveAllMakesASeed() throws {
    var session = PeerSession.on()
    #expect(try session.receive(.haveAll) == .haveAll)
    #expect(session.peerIsSeed && session.peerPieces.isFull)
  }

  @Test func allowedFastPiecesAreRememberedUpToALimit() throws {
    var session = PeerSession.on(limits: SessionLimits(allowedFast: 2))
    for piece in [4, 4, 5, 6] as [UInt32] { #expect(try session.receive(.allowedFast(piece)) == .allowedFast(Int(piece))) }
    #expect(session.peerAllowedFast == [4, 5])
    #expect(try session.receive(.suggest(1)) == .suggested(1))
  }

  // MARK: Before the metadata is known

  @Test func aBitfieldBeforeTheMetadataIsJudgedWhenThatIsKnown() throws {
    var session = PeerSession.on(nil)
    #expect(try session.receive(.bitfield(ByteBuffer(bytes: [0x80, 0x40]))) == .bitfield(Fixtures.bitfield(0, 9, count: 16)))
    _ = try session.receive(.have(5))
    #expect(session.peerPieces.count == 0 && !session.peerIsSeed)
    try session.learn(Fixtures.layout)
    #expect(session.peerPieces == Fixtures.bitfield(0, 5, 9))
    #expect(session.peerPieceCount == 3)
    #expect(try session.receive(.request(Fixtures.block(0, 0, 1))) == .requested(Fixtures.block(0, 0, 1)))
  }

  @Test func whatDoesNotFitTheMetadataIsAViolationThen() throws {
    for bytes in [[0x80], [0x80, 0x20], [0, 0, 0]] as [[UInt8]] {
      var session = PeerSession.on(nil)
      _ = try session.receive(.bitfield(ByteBuffer(bytes: bytes)))
      #expect { try session.learn(Fixtures.layout) } throws: { ($0 as? ProtocolViolation)?.code == .outOfRange }
    }
    for piece in [10, 16, 2_000_000] as [UInt32] {
      var session = PeerSession.on(nil)
      _ = try session.receive(.have(piece))
      #expect { try session.learn(Fixtures.layout) } throws: { ($0 as? ProtocolViolation)?.code == .outOfRange }
    }
  }

  @Test func haveAllLessALostPieceIsRememberedUntilTheMetadataIsKnown() throws {
    var session = PeerSession.on(nil)
    session.willSend(Fixtures.handshake(["lt_donthave": 7]))
    _ = try session.receive(Fixtures.extended(ExtendedHandshake()))
    _ = try session.receive(.haveAll)
    #expect(session.peerIsSeed)
    _ = try session.receive(.extended(id: 7, ByteBuffer(bytes: [0, 0, 0, 3])))
    _ = try session.receive(.extended(id: 7, ByteBuffer(bytes: [0, 0, 0, 4])))
    _ = try session.receive(.have(4))
    #expect(!session.peerIsSeed)
    try session.learn(Fixtures.layout)
    #expect(session.peerPieces.pieces.map { $0 } == [0, 1, 2, 4, 5, 6, 7, 8, 9])
    #expect(session.peerPieceCount == 9)
  }

  @Test func indicesAreBoundedBeforeTheMetadataIsKnown() throws {
    var session = PeerSession.on(nil, limits: SessionLimits(pieceCount: 100))
    #expect(try session.receive(.have(99)) == .have(99))
    #expect(session.violation(.have(100)) == .outOfRange)
    #expect(session.violation(.have(.max)) == .outOfRange)
    var other = PeerSession.on(nil, limits: SessionLimits(pieceCount: 100))
    #expect(other.violation(.bitfield(ByteBuffer(repeating: 0, count: 14))) == .tooLong)
    #expect(other.violation(.request(Fixtures.block(0, 0, 1))) == .unexpected)
  }

  // MARK: Our pieces

  @Test func theShortestAnnouncementIsChosen() {
    let (none, some, all) = (Bitfield(count: 10), Fixtures.bitfield(3), Bitfield(count: 10, filled: true))
    for (fast, pieces, message) in [
      (true, none, .haveNone), (true, all, .haveAll), (true, some, .bitfield(ByteBuffer(bytes: [0x10, 0]))), (false, none, nil),
      (false, all, .bitfield(ByteBuffer(bytes: [0xFF, 0xC0]))),
    ] as [(Bool, Bitfield, PeerMessage?)] {
      var session = PeerSession.on(fast: fast)
      #expect(session.willAnnounce(pieces) == message)
      #expect(session.hasAnnounced && session.announced == pieces)
      #expect(session.willAnnounce(all) == nil)
      #expect(session.announced == pieces)
    }
  }

  @Test func havesAndLossesChangeWhatIsAnnounced() throws {
    var session = PeerSession.on()
    session.willAnnounce(Fixtures.bitfield(3))
    #expect(session.willHave(4) == true)
    #expect(session.willHave(4) == false)
    #expect(session.willHave(10) == false)
    #expect(session.willHave(-1) == false)
    #expect(session.willDontHave(3) == nil)
    _ = try session.receive(Fixtures.extended(Fixtures.handshake(["lt_donthave": 9])))
    #expect(session.willDontHave(4) == .extended(id: 9, ByteBuffer(bytes: [0, 0, 0, 4])))
    #expect(session.willDontHave(4) == nil)
    #expect(session.willDontHave(-1) == nil)
    #expect(session.announced.isEmpty)
  }
}
