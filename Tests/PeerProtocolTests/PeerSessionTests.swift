import Metainfo
import NIOCore
import PeerProtocol
import Testing

extension PeerSession {
  /// A session on the ten pieces of `Fixtures.layout`, with everything negotiated.
  static func on(
    _ layout: PieceLayout? = Fixtures.layout, fast: Bool = true, extensions: Bool = true, v2: Bool = true, limits: SessionLimits = .init()
  ) -> PeerSession {
    PeerSession(layout: layout, fast: fast, extensions: extensions, v2: v2, limits: limits)
  }

  /// The kind of violation that a message is; nil where it is none.
  mutating func violation(_ message: PeerMessage) -> ProtocolViolation.Code? {
    do throws(ProtocolViolation) {
      _ = try receive(message)
      return nil
    } catch {
      return error.code
    }
  }
}

@Suite struct PeerSessionTests {
  @Test func libtorrentsOpeningIsTaken() throws {
    var session = PeerSession.on()
    let handshake = Fixtures.handshake(["ut_metadata": 2, "lt_donthave": 7])
    #expect(try session.receive(Fixtures.extended(handshake)) == .extendedHandshake(handshake))
    #expect(try session.receive(.haveNone) == .haveNone)
    #expect(try session.receive(.port(6881)) == .port(6881))
    #expect(try session.receive(.interested) == .interested(changed: true))
    #expect(session.willAnnounce(Bitfield(count: 10, filled: true)) == .haveAll)
    #expect(session.willUnchoke() == true)
    #expect(try session.receive(.request(Fixtures.block(0, 0, 16_384))) == .requested(Fixtures.block(0, 0, 16_384)))
    #expect(session.isServable(Fixtures.block(0, 0, 16_384)))
    #expect(try session.receive(.have(0)) == .have(0))
    #expect(session.peerPieces == Fixtures.bitfield(0))
    #expect(try session.receive(.notInterested) == .notInterested(changed: true))
    #expect(session.peerExtensions?.messages == ["ut_metadata": 2, "lt_donthave": 7])
  }

  @Test func rTorrentsKeepAliveInPlaceOfABitfieldAndALateBitfieldAreTaken() throws {
    var session = PeerSession.on(fast: false)
    #expect(try session.receive(.keepAlive) == .keepAlive)
    #expect(try session.receive(.unknown(id: 99, ByteBuffer())) == .unknown(id: 99, ByteBuffer()))
    let bits = Fixtures.bitfield(1, 9)
    #expect(try session.receive(.bitfield(ByteBuffer(bytes: bits.bytes))) == .bitfield(bits))
    #expect(session.peerPieceCount == 2)
    #expect(!session.peerIsSeed)
  }

  @Test func aPeerThatSaysNothingOfItsPiecesHasNone() throws {
    var session = PeerSession.on(fast: false)
    #expect(try session.receive(.interested) == .interested(changed: true))
    #expect(session.peerPieces.isEmpty)
    #expect(session.peerPieceCount == 0)
  }

  // MARK: Choke and interest

  @Test func chokeAndInterestAreRecordedAndRepetitionsTold() throws {
    var session = PeerSession.on()
    #expect(session.peerChoking && !session.peerInterested && session.amChoking && !session.amInterested)
    #expect(try session.receive(.unchoke) == .unchoked)
    #expect(!session.peerChoking)
    #expect(try session.receive(.choke) == .choked(lapsed: []))
    #expect(session.peerChoking)
    #expect(try session.receive(.interested) == .interested(changed: true))
    #expect(try session.receive(.interested) == .interested(changed: false))
    #expect(session.peerInterested)
    #expect(try session.receive(.notInterested) == .notInterested(changed: true))
    #expect(try session.receive(.notInterested) == .notInterested(changed: false))
  }

  @Test func ourSideIsRecordedAndRepetitionsNeedNotBeSent() {
    var session = PeerSession.on()
    #expect(session.willChoke() == false)
    #expect(session.willUnchoke() == true)
    #expect(session.willUnchoke() == false)
    #expect(!session.amChoking)
    #expect(session.willChoke() == true)
    #expect(session.willBeInterested(true) == true)
    #expect(session.willBeInterested(true) == false)
    #expect(session.amInterested)
    #expect(session.willBeInterested(false) == true)
  }

  // MARK: What was not negotiated

  @Test(arguments: [
    PeerMessage.haveAll, .haveNone, .suggest(0), .allowedFast(0), .reject(Fixtures.block(0, 0, 1)),
  ]) func fastMessagesNeedTheFastExtension(message: PeerMessage) {
    var session = PeerSession.on(fast: false)
    #expect(session.violation(message) == .notNegotiated)
  }

  @Test(arguments: [
    PeerMessage.hashRequest(Fixtures.hashRequest()), .hashReject(Fixtures.hashRequest()), .hashes(Fixtures.hashRequest(), ByteBuffer()),
  ]) func hashMessagesNeedV2(message: PeerMessage) {
    var session = PeerSession.on(v2: false)
    #expect(session.violation(message) == .notNegotiated)
  }

  // MARK: Glitches

  @Test func messagesWithoutValueAreCounted() throws {
    var session = PeerSession.on()
    session.willSend(Fixtures.handshake(["lt_donthave": 7, "upload_only": 3]))
    let worthless: [PeerMessage] = [
      .haveNone, Fixtures.extended(Fixtures.handshake(["ut_pex": 1])), .have(1), .port(1),
      .keepAlive, .choke, .unchoke, .interested, .notInterested, .have(1), .port(1), Fixtures.extended(ExtendedHandshake()),
      .suggest(1), .allowedFast(1), .extended(id: 7, ByteBuffer(bytes: [0, 0, 0, 5])), .extended(id: 3, ByteBuffer(bytes: [1])),
    ]
    for message in worthless { _ = try session.receive(message) }
    #expect(session.glitchCount == worthless.count - 4)
    #expect(session.takeGlitches() == worthless.count - 4)
    #expect(session.takeGlitches() == 0)
    session.countGlitch()
    #expect(session.takeGlitches() == 1)
  }

  @Test func workIsNotCounted() throws {
    var session = PeerSession.on()
    for message in [PeerMessage.haveNone, .have(3), .request(Fixtures.block(0, 0, 16_384)), .cancel(Fixtures.block(0, 0, 16_384))] {
      _ = try session.receive(message)
    }
    #expect(session.takeGlitches() == 0)
  }
}
