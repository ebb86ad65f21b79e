import Metainfo
import NIOCore
import PeerProtocol
import TestSupport
import Testing

@Suite struct HandshakeTests {
  private static let handshake = Handshake(
    reserved: .ours(v2: true), infoHash: Fixtures.digest(0xAB), peerID: Fixtures.peerID("-GR0001-abcdefghijkl"))

  private static var encoded: [UInt8] {
    var buffer = ByteBuffer()
    handshake.encode(into: &buffer)
    return Array(buffer.readableBytesView)
  }

  private static func outcome(_ stream: [UInt8]) throws -> ByteDripVerifier.Outcome<HandshakeProgress, ProtocolViolation> {
    try ByteDripVerifier.outcome(of: stream, decoder: HandshakeDecoder()) { (decoder, buffer) throws(ProtocolViolation) in
      try decoder.next(&buffer)
    }
  }

  @Test func isSixtyEightBytesAsInBEP3() {
    let expected =
      [19] + Array("BitTorrent protocol".utf8) + [0, 0, 0, 0, 0, 0x10, 0, 0x14] + [UInt8](repeating: 0xAB, count: 20)
      + Array("-GR0001-abcdefghijkl".utf8)
    #expect(Self.encoded == expected)
    #expect(Self.encoded.count == Handshake.byteCount)
  }

  @Test func isReadHoweverTheStreamIsCutAndWhatFollowsIsLeft() throws {
    let outcome = try Self.outcome(Self.encoded + [0, 0, 0, 0])
    #expect(
      outcome.outputs == [.header(reserved: Self.handshake.reserved, infoHash: Self.handshake.infoHash), .complete(Self.handshake)])
    #expect(outcome.failure == nil)
    #expect(outcome.unread == 4)
  }

  @Test func theHeaderIsThereAfter48Bytes() throws {
    var decoder = HandshakeDecoder()
    var buffer = ByteBuffer(bytes: Self.encoded.prefix(47))
    #expect(try decoder.next(&buffer) == nil)
    buffer.writeBytes(Self.encoded[47..<48])
    #expect(try decoder.next(&buffer) == .header(reserved: .ours(v2: true), infoHash: Fixtures.digest(0xAB)))
    #expect(try decoder.next(&buffer) == nil)
    #expect(!decoder.isComplete)
    buffer.writeBytes(Self.encoded[48...])
    #expect(try decoder.next(&buffer) == .complete(Self.handshake))
    #expect(decoder.isComplete)
    #expect(try decoder.next(&buffer) == nil)
  }

  @Test(arguments: 0..<20) func aWrongByteIsRefusedAtOnce(offset: Int) throws {
    var stream = Array(Self.encoded.prefix(offset + 1))
    stream[offset] ^= 0x20
    let failure = try #require(try Self.outcome(stream).failure)
    #expect(failure.code == .wrongProtocol)
    #expect(failure.place == .init(message: "handshake", field: "protocol", offset: offset))
  }

  @Test func reservedBitsAreReadWhereTheBEPsPutThem() throws {
    let all = try #require(ReservedBits([0, 0, 0, 0, 0, 0x10, 0, 0x15]))
    #expect(all.supportsExtensionProtocol && all.supportsFast && all.supportsDHT && all.supportsV2)
    let none = try #require(ReservedBits([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xEF, 0xFF, 0xEA]))
    #expect(!none.supportsExtensionProtocol && !none.supportsFast && !none.supportsDHT && !none.supportsV2)
    #expect(none.bytes == [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xEF, 0xFF, 0xEA])
    #expect(ReservedBits([0, 0]) == nil)
    #expect(ReservedBits.ours(v2: false).description == "0000000000100004")
    #expect(!ReservedBits.ours(v2: false).supportsV2 && ReservedBits.ours(v2: true).supportsV2)
  }
}
