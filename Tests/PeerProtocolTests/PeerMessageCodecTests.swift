import Metainfo
import NIOCore
import PeerProtocol
import TestSupport
import Testing

@Suite struct PeerMessageCodecTests {
  private static let decoder = PeerMessageDecoder(limits: MessageLimits(pieceCount: 10))

  private static func outcome(
    _ stream: [UInt8], _ decoder: PeerMessageDecoder = decoder
  ) throws -> ByteDripVerifier.Outcome<PeerMessage, ProtocolViolation> {
    try ByteDripVerifier.outcome(of: stream, decoder: decoder) { (decoder, buffer) throws(ProtocolViolation) in
      try decoder.next(&buffer)
    }
  }

  @Test(arguments: Fixtures.everyMessage) func everyMessageComesBackAsItWasSent(message: PeerMessage) throws {
    let outcome = try Self.outcome(Fixtures.encode(message))
    #expect(outcome.outputs == [message])
    #expect(outcome.failure == nil && outcome.unread == 0)
  }

  @Test func aStreamOfAllMessagesIsReadHoweverItIsCut() throws {
    let stream = Fixtures.everyMessage.flatMap { Fixtures.encode($0) }
    let outcome = try Self.outcome(stream + [0, 0])
    #expect(outcome.outputs == Fixtures.everyMessage)
    #expect(outcome.failure == nil && outcome.unread == 2)
  }

  @Test(arguments: [
    (PeerMessage.keepAlive, [0, 0, 0, 0]), (.choke, [0, 0, 0, 1, 0]), (.unchoke, [0, 0, 0, 1, 1]), (.interested, [0, 0, 0, 1, 2]),
    (.notInterested, [0, 0, 0, 1, 3]), (.have(258), [0, 0, 0, 5, 4, 0, 0, 1, 2]), (.haveAll, [0, 0, 0, 1, 14]),
    (.bitfield(ByteBuffer(bytes: [0xA0])), [0, 0, 0, 2, 5, 0xA0]), (.haveNone, [0, 0, 0, 1, 15]),
    (.request(Fixtures.block(1, 2, 3)), [0, 0, 0, 13, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]),
    (.piece(PieceData(piece: 1, offset: 2, bytes: ByteBuffer(bytes: [9, 8]))), [0, 0, 0, 11, 7, 0, 0, 0, 1, 0, 0, 0, 2, 9, 8]),
    (.cancel(Fixtures.block(1, 2, 3)), [0, 0, 0, 13, 8, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]), (.port(6881), [0, 0, 0, 3, 9, 0x1A, 0xE1]),
    (.suggest(1), [0, 0, 0, 5, 13, 0, 0, 0, 1]), (.reject(Fixtures.block(1, 2, 3)), [0, 0, 0, 13, 16, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]),
    (.allowedFast(1), [0, 0, 0, 5, 17, 0, 0, 0, 1]), (.extended(id: 4, ByteBuffer(bytes: [1])), [0, 0, 0, 3, 20, 4, 1]),
    (
      .hashRequest(Fixtures.hashRequest(base: 1, index: 2, length: 4, proof: 8)),
      [0, 0, 0, 49, 21] + [UInt8](repeating: 7, count: 32) + [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 8]
    ),
  ]) func theBytesAreThoseOfTheBEPs(message: PeerMessage, bytes: [UInt8]) {
    #expect(Fixtures.encode(message) == bytes)
  }

  @Test func aPieceHeaderIsWhatTheEncoderWrites() {
    let data = Fixtures.data(0x0102_0304, 0x0506_0708, 16_384)
    let header = withUnsafeTemporaryAllocation(byteCount: PeerMessageEncoder.pieceHeaderLength, alignment: 1) { memory in
      PeerMessageEncoder.writePieceHeader(data.block, into: memory)
      return Array(memory)
    }
    #expect(header == Array(Fixtures.encode(.piece(data)).prefix(13)))
  }

  // MARK: Lengths

  @Test(
    arguments: [
      (0, 1, "choke"), (1, 1, "unchoke"), (2, 1, "interested"), (3, 1, "not interested"), (4, 5, "have"), (6, 13, "request"),
      (8, 13, "cancel"), (9, 3, "port"), (13, 5, "suggest piece"), (14, 1, "have all"), (15, 1, "have none"), (16, 13, "reject request"),
      (17, 5, "allowed fast"), (21, 49, "hash request"), (23, 49, "hash reject"),
    ] as [(UInt8, UInt32, String)]) func aMessageOfFixedLengthTakesNoOther(id: UInt8, length: UInt32, name: String) throws
  {
    for wrong in [length - 1, length + 1, 100] where wrong > 0 {
      // Only the prefix and the id are there: it is refused without waiting for more.
      let failure = try #require(try Self.outcome(Fixtures.frame(length: wrong, [id])).failure)
      #expect(failure.code == .wrongLength)
      #expect(failure.place == .init(message: name, field: "length", offset: 0))
    }
  }

  @Test(arguments: [(7, 8, "piece"), (20, 1, "extended"), (22, 48, "hashes"), (22, 50, "hashes")] as [(UInt8, UInt32, String)])
  func aMessageWithDataHasRoomForItsFields(id: UInt8, length: UInt32, name: String) throws {
    let failure = try #require(try Self.outcome(Fixtures.frame(length: length, [id])).failure)
    #expect(failure.code == .wrongLength)
    #expect(failure.place.message == name)
  }

  @Test(
    arguments: [
      (5, 1 + 2, "bitfield"), (7, 9 + 16_384, "piece"), (20, 2 + 65_536, "message"), (22, 49 + 18_432, "hashes"),
      (77, 1 + 16_384, "message"),
    ] as [(UInt8, UInt32, String)]) func aMessageUpToItsLimitIsTakenAndALongerOneRefusedAtItsID(id: UInt8, limit: UInt32, name: String)
    throws
  {
    let limits = MessageLimits(pieceCount: 10, extended: 65_536, unknown: 16_384)
    var decoder = PeerMessageDecoder(limits: limits)
    var buffer = ByteBuffer(bytes: Fixtures.frame(length: limit, [id]))
    #expect(try decoder.next(&buffer) == nil)
    buffer.writeRepeatingByte(0, count: Int(limit) - 1)
    #expect(try decoder.next(&buffer) != nil)
    #expect(buffer.readableBytes == 0)

    let tooLong = limit + (id == 22 ? 32 : 1)
    let failure = try #require(try Self.outcome(Fixtures.frame(length: tooLong, [id]), decoder).failure)
    #expect(failure.code == .tooLong)
    #expect(failure.place == .init(message: name, field: "length", offset: 0))
  }

  @Test(arguments: [UInt32.max, 0x8000_0000, 0x0010_0003]) func aLengthBeyondAllLimitsIsRefusedBeforeTheID(length: UInt32) throws {
    let failure = try #require(try Self.outcome(Fixtures.frame(length: length, [])).failure)
    #expect(failure.code == .tooLong)
    #expect(failure.place.message == "message")
  }

  @Test func aPureSeedTakesNoDataAndNoHashes() throws {
    let decoder = PeerMessageDecoder(limits: .seed(pieceCount: 10))
    for (id, length) in [(7, 9 + 16_384), (22, 49 + 64)] as [(UInt8, UInt32)] {
      let failure = try #require(try Self.outcome(Fixtures.frame(length: length, [id]), decoder).failure)
      #expect(failure.code == .unrequested)
    }
    #expect(try Self.outcome(Fixtures.encode(.request(Fixtures.block(0, 0, 1))), decoder).outputs.count == 1)
    let large = try #require(try Self.outcome(Fixtures.frame(length: 65_539, [20]), decoder).failure)
    #expect(large.code == .tooLong)
  }

  @Test func limitsCanChangeBetweenMessages() throws {
    var decoder = PeerMessageDecoder(limits: MessageLimits(pieceCount: nil))
    var buffer = ByteBuffer(bytes: Fixtures.frame(length: 262_145, [5]))
    #expect(try decoder.next(&buffer) == nil)
    decoder.limits = MessageLimits(pieceCount: 10)
    #expect(throws: ProtocolViolation.self) { try decoder.next(&buffer) }
  }

  @Test func zeroLimitsAndNonsenseLimitsRefuseRatherThanTrap() throws {
    let limits = MessageLimits(pieceCount: -5, block: -1, extended: -1, unknown: -1, hashes: -1)
    #expect([limits.bitfield, limits.block, limits.extended, limits.unknown, limits.hashes] == [0, 0, 0, 0, 0])
    let decoder = PeerMessageDecoder(limits: limits)
    #expect(try Self.outcome(Fixtures.encode(.bitfield(ByteBuffer(bytes: [1]))), decoder).failure?.code == .tooLong)
    #expect(try Self.outcome(Fixtures.encode(.request(Fixtures.block(0, 0, 1))), decoder).outputs.count == 1)
  }
}
