import Metainfo
import NIOCore
import PeerProtocol
import Testing

@Suite struct PeerSessionExtendedTests {
  private let payload = ByteBuffer(string: "x")

  @Test func extendedMessagesNeedTheExtensionProtocol() {
    var session = PeerSession.on(extensions: false)
    #expect(session.violation(Fixtures.extended(ExtendedHandshake())) == .notNegotiated)
    #expect(session.violation(.extended(id: 1, payload)) == .notNegotiated)
  }

  @Test func onlyTheHandshakeMayComeFirst() throws {
    var session = PeerSession.on()
    #expect(session.violation(.extended(id: 1, payload)) == .unexpected)
    _ = try session.receive(Fixtures.extended(ExtendedHandshake()))
    #expect(try session.receive(.extended(id: 1, payload)) == .extended(id: 1, payload))
  }

  @Test func onceWeHaveSaidWhatWeTakeNothingElseIsTaken() throws {
    var session = PeerSession.on()
    _ = try session.receive(Fixtures.extended(ExtendedHandshake()))
    session.willSend(Fixtures.handshake(["gr_auth": 1, "off": 0, "high": 255, "mid": 130, "low": 70]))
    for id in [1, 70, 130, 255] as [UInt8] { #expect(try session.receive(.extended(id: id, payload)) == .extended(id: id, payload)) }
    for id in [2, 64, 65, 129, 254] as [UInt8] { #expect(session.violation(.extended(id: id, payload)) == .notNegotiated) }
    session.willSend(Fixtures.handshake(["ut_metadata": 2]))
    for id in [1, 2] as [UInt8] { #expect(try session.receive(.extended(id: id, payload)) == .extended(id: id, payload)) }
  }

  @Test func handshakesAddUp() throws {
    var session = PeerSession.on()
    _ = try session.receive(Fixtures.extended(Fixtures.handshake(["a": 1, "b": 2, "off": 0])))
    #expect(session.peerExtensions?.messages == ["a": 1, "b": 2])
    var second = Fixtures.handshake(["a": 0, "c": 3])
    second.uploadOnly = true
    #expect(try session.receive(Fixtures.extended(second)) == .extendedHandshake(second))
    #expect(session.peerExtensions?.messages == ["b": 2, "c": 3])
    #expect(session.peerUploadOnly)
    _ = try session.receive(Fixtures.extended(ExtendedHandshake()))
    #expect(session.peerUploadOnly)
  }

  @Test func namesDoNotPileUpWithoutEnd() throws {
    var session = PeerSession.on(limits: SessionLimits(extendedHandshake: ExtendedHandshakeLimits(names: 3)))
    _ = try session.receive(Fixtures.extended(Fixtures.handshake(["a": 1, "b": 2])))
    #expect(session.violation(Fixtures.extended(Fixtures.handshake(["c": 3, "d": 4]))) == .tooLong)
  }

  @Test func aBrokenHandshakeIsAViolation() {
    var session = PeerSession.on()
    #expect(session.violation(.extended(id: 0, ByteBuffer(string: "garbage"))) == .malformed)
  }

  @Test func uploadOnlyComesAsAMessageTooAndOtherPayloadsAreLeftToOthers() throws {
    var session = PeerSession.on()
    session.willSend(Fixtures.handshake(["upload_only": 3]))
    _ = try session.receive(Fixtures.extended(ExtendedHandshake()))
    #expect(try session.receive(.extended(id: 3, ByteBuffer(bytes: [1]))) == .uploadOnly(true))
    #expect(session.peerUploadOnly)
    #expect(try session.receive(.extended(id: 3, ByteBuffer(bytes: [0]))) == .uploadOnly(false))
    #expect(!session.peerUploadOnly)
    #expect(try session.receive(.extended(id: 3, ByteBuffer(string: "de"))) == .extended(id: 3, ByteBuffer(string: "de")))
  }
}
