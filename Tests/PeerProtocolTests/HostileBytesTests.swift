import Metainfo
import NIOCore
import PeerProtocol
import TestSupport
import Testing

/// Whatever a peer sends, the outcome is messages, a wait for more, or a violation: never a trap.
@Suite struct HostileBytesTests {
  /// Decodes and feeds a session until the bytes end or a violation does; the number of messages taken.
  private func run(_ bytes: [UInt8], layout: PieceLayout?) -> Int {
    var buffer = ByteBuffer(bytes: bytes)
    var decoder = PeerMessageDecoder(limits: MessageLimits(pieceCount: layout?.pieceCount))
    var session = PeerSession.on(layout)
    session.willSend(Fixtures.handshake(["lt_donthave": 1, "upload_only": 2, "ut_metadata": 3]))
    var count = 0
    do throws(ProtocolViolation) {
      while let message = try decoder.next(&buffer) {
        count += 1
        let event = try session.receive(message)
        if case .extended(_, let payload) = event { _ = try MetadataMessage.decode(payload) }
        if case .hashRequested(let request) = event { _ = request.refusal(fileLength: 1 << 30) }
        if case .requested(let block) = event { _ = session.isServable(block) }
      }
      try session.learn(Fixtures.layout)
    } catch {
      #expect(!error.description.isEmpty)
    }
    return count
  }

  @Test(arguments: 0..<16) func randomBytesAreTakenOrRefused(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let bytes = generator.bytes(Int.random(in: 0...400, using: &generator))
      _ = run(bytes, layout: seed.isMultiple(of: 2) ? Fixtures.layout : nil)
      var handshake = ByteBuffer(bytes: bytes)
      var decoder = HandshakeDecoder()
      _ = try? decoder.next(&handshake)
      _ = try? ExtendedHandshake.decode(ByteBuffer(bytes: bytes))
      _ = try? MetadataMessage.decode(ByteBuffer(bytes: bytes))
      _ = PeerID(bytes.prefix(20))?.clientName
    }
  }

  @Test(arguments: 0..<16) func wellFramedMessagesWithRandomPayloadsAreTakenOrRefused(seed: UInt64) {
    var generator = SeededGenerator(seed: seed &+ 1_000)
    let lengths: [UInt8: Int] = [4: 4, 6: 12, 8: 12, 9: 2, 13: 4, 16: 12, 17: 4, 21: 48, 23: 48, 5: 2]
    var taken = 0
    for _ in 0..<400 {
      var stream: [UInt8] = []
      for _ in 0..<20 {
        let id = UInt8.random(in: 0...24, using: &generator)
        let length = lengths[id] ?? (id == 7 || id == 20 || id == 22 || id > 23 ? Int.random(in: 0...100, using: &generator) : 0)
        var payload = generator.bytes(length)
        // Small numbers come close to what is valid.
        for index in payload.indices where index % 4 < 3 && Bool.random(using: &generator) { payload[index] = 0 }
        stream += Fixtures.frame(length: UInt32(length + 1), [id] + payload)
      }
      taken += run(stream, layout: seed.isMultiple(of: 2) ? Fixtures.layout : Fixtures.v2Layout)
    }
    #expect(taken > 400)
  }

  @Test(arguments: 0..<8) func mutatedConversationsAreTakenOrRefused(seed: UInt64) {
    var generator = SeededGenerator(seed: seed &+ 2_000)
    let handshake = Fixtures.handshake(["ut_metadata": 3, "lt_donthave": 1])
    let conversation = Fixtures.encode(
      Fixtures.extended(handshake), .bitfield(ByteBuffer(bytes: [0xF0, 0x40])), .interested, .request(Fixtures.block(0, 0, 16_384)),
      .have(4), .extended(id: 3, ByteBuffer(string: "d8:msg_typei0e5:piecei0ee")), .hashRequest(Fixtures.hashRequest()),
      .cancel(Fixtures.block(0, 0, 16_384)), .notInterested)
    #expect(run(conversation, layout: Fixtures.layout) == 9)
    for _ in 0..<500 {
      var mutated = conversation
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: mutated.indices, using: &generator)
        switch Int.random(in: 0...2, using: &generator) {
        case 0: mutated[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: mutated[index] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        default: mutated.remove(at: index)
        }
      }
      _ = run(mutated, layout: Fixtures.layout)
    }
  }
}
