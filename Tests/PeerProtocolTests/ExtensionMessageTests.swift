import NIOCore
import PeerProtocol
import Testing

@Suite struct ExtensionMessageTests {
  private func bytes(_ message: MetadataMessage) -> String {
    var buffer = ByteBuffer()
    message.encode(into: &buffer)
    return String(buffer: buffer)
  }

  private func metadata(_ text: String) throws(ProtocolViolation) -> MetadataMessage? { try .decode(ByteBuffer(string: text)) }

  @Test func metadataMessagesAreThoseOfBEP9() throws {
    #expect(bytes(.request(piece: 0)) == "d8:msg_typei0e5:piecei0ee")
    #expect(bytes(.reject(piece: 7)) == "d8:msg_typei2e5:piecei7ee")
    #expect(bytes(.data(piece: 0, totalSize: 4, ByteBuffer(string: "data"))) == "d8:msg_typei1e5:piecei0e10:total_sizei4eedata")
  }

  @Test(arguments: [
    MetadataMessage.request(piece: 3), .reject(piece: 0), .data(piece: 0, totalSize: 5, ByteBuffer(string: "12345")),
    .data(piece: 0, totalSize: 16_385, ByteBuffer(repeating: 9, count: 16_384)),
    .data(piece: 1, totalSize: 16_385, ByteBuffer(string: "e")),
  ]) func metadataMessagesComeBackAsTheyWereSent(message: MetadataMessage) throws {
    var buffer = ByteBuffer()
    message.encode(into: &buffer)
    #expect(buffer.readableBytes <= MetadataMessage.maximumByteCount)
    #expect(try MetadataMessage.decode(buffer) == message)
  }

  @Test func aMetadataMessageOfAnUnknownTypeIsIgnored() throws {
    #expect(try metadata("d8:msg_typei9e5:piecei0ee") == nil)
    #expect(try metadata("d8:msg_typei-1ee") == nil)
  }

  @Test(
    arguments: [
      ("", .malformed), ("le", .malformed), ("d5:piecei0ee", .malformed), ("d8:msg_typei0ee", .malformed),
      ("d8:msg_type1:x5:piecei0ee", .malformed), ("d8:msg_typei0e5:piecei-1ee", .outOfRange),
      ("d8:msg_typei0e5:piecei2147483648ee", .outOfRange),
      ("d8:msg_typei1e5:piecei0eex", .malformed), ("d8:msg_typei1e5:piecei0e10:total_sizei0ee", .malformed),
      ("d8:msg_typei1e5:piecei1e10:total_sizei5eex", .outOfRange), ("d8:msg_typei1e5:piecei0e10:total_sizei5ee1234", .wrongLength),
      ("d8:msg_typei1e5:piecei0e10:total_sizei5ee123456", .wrongLength),
      ("d8:msg_typei1e5:piecei2147483647e10:total_sizei2147483647ee", .outOfRange),
    ] as [(String, ProtocolViolation.Code)]) func aBadMetadataMessageIsRefused(text: String, code: ProtocolViolation.Code)
  {
    #expect { try metadata(text) } throws: { ($0 as? ProtocolViolation)?.code == code }
  }

  @Test func aMetadataMessageOfMoreThanAPieceAndItsDictionaryIsRefused() {
    let text = "d8:msg_typei1e5:piecei0e10:total_sizei99999ee" + String(repeating: "x", count: 17_409)
    #expect { try metadata(text) } throws: { ($0 as? ProtocolViolation)?.code == .tooLong }
  }

  @Test func aLostPieceIsFourBytes() throws {
    var buffer = ByteBuffer()
    DontHaveMessage(piece: 0x0102_0304).encode(into: &buffer)
    #expect(Array(buffer.readableBytesView) == [1, 2, 3, 4])
    #expect(try DontHaveMessage.decode(buffer) == DontHaveMessage(piece: 0x0102_0304))
    for length in [0, 3, 5] {
      #expect { try DontHaveMessage.decode(ByteBuffer(repeating: 0, count: length)) } throws: {
        ($0 as? ProtocolViolation)?.code == .wrongLength
      }
    }
  }

  @Test func uploadOnlyIsOneByte() throws {
    for flag in [true, false] {
      var buffer = ByteBuffer()
      UploadOnlyMessage(isUploadOnly: flag).encode(into: &buffer)
      #expect(Array(buffer.readableBytesView) == [flag ? 1 : 0])
      #expect(try UploadOnlyMessage.decode(buffer).isUploadOnly == flag)
    }
    for length in [0, 2] {
      #expect { try UploadOnlyMessage.decode(ByteBuffer(repeating: 1, count: length)) } throws: {
        ($0 as? ProtocolViolation)?.code == .wrongLength
      }
    }
  }
}
