import Metainfo
import Testing

@Suite struct BencodeDecodingTests {
  private func decode(
    _ text: String, limits: BencodeLimits = .torrent, options: BencodeOptions = []
  ) throws(BencodeError) -> Bencode {
    try Bencode.decode(Array(text.utf8), limits: limits, options: options)
  }

  @Test func readsEachKindOfValue() throws {
    #expect(try decode("i0e") == .integer(0))
    #expect(try decode("i-42e") == .integer(-42))
    #expect(try decode("i9223372036854775807e") == .integer(.max))
    #expect(try decode("i-9223372036854775808e") == .integer(.min))
    #expect(try decode("0:") == .bytes([]))
    #expect(try decode("4:spam") == .string("spam"))
    #expect(try decode("le") == .list([]))
    #expect(try decode("l4:spami1ee") == .list([.string("spam"), .integer(1)]))
    #expect(try decode("de") == .dictionary([:]))
    #expect(try decode("d3:cow3:moo4:spaml1:a1:bee") == .dictionary(["cow": .string("moo"), "spam": .list([.string("a"), .string("b")])]))
    #expect(try decode("d0:i1e1:ad1:bleee")["a"]?["b"] == .list([]))
  }

  @Test(arguments: [
    ("", BencodeError.Reason.endsEarly, 0), ("l", .endsEarly, 1), ("d", .endsEarly, 1), ("i12", .endsEarly, 3), ("12", .endsEarly, 2),
    ("d1:a", .endsEarly, 4), ("x", .unexpectedByte(0x78), 0), ("e", .unexpectedByte(0x65), 0), ("l-e", .unexpectedByte(0x2D), 1),
    ("di1ei2ee", .unexpectedByte(0x69), 1), ("d1:ae", .unexpectedByte(0x65), 4), ("ie", .malformedInteger, 0),
    ("i-e", .malformedInteger, 0), ("i-0e", .malformedInteger, 0), ("i00e", .malformedInteger, 0), ("i-01e", .malformedInteger, 0),
    ("i+1e", .malformedInteger, 0), ("i1.5e", .malformedInteger, 0), ("i1 e", .malformedInteger, 0),
    ("i9223372036854775808e", .integerOverflow, 0), ("i-9223372036854775809e", .integerOverflow, 0),
    ("i99999999999999999999999e", .integerOverflow, 0), ("01:a", .malformedLength, 0), ("1a", .malformedLength, 0),
    ("99999999999999999999:", .malformedLength, 0), ("5:spam", .stringTooLong, 0), ("18446744073709551615:", .stringTooLong, 0),
    ("9223372036854775807:a", .stringTooLong, 0), ("d1:bi1e1:ai1ee", .unsortedKey, 7), ("d1:ai1e1:ai1ee", .duplicateKey, 7),
    ("d2:aai1e1:ai1ee", .unsortedKey, 8), ("i1ei2e", .trailingBytes, 3), ("lee", .trailingBytes, 2),
  ])
  func refusesWhatIsNotCanonical(text: String, reason: BencodeError.Reason, offset: Int) {
    #expect(throws: BencodeError(reason, at: offset)) { try decode(text) }
  }

  @Test func limitsAreKeptToTheLast() throws {
    let limits = BencodeLimits(size: 8, depth: 2, tokens: 4)
    #expect(try decode("llelee", limits: limits).list?.count == 2)
    #expect(throws: BencodeError(.tooDeep(limit: 2), at: 2)) { try decode("llleee", limits: limits) }
    #expect(throws: BencodeError(.tooLarge(limit: 8), at: 8)) { try decode("l0:0:0:ee", limits: limits) }
  }

  @Test func aLimitOnTokensCountsKeysAndValues() throws {
    let limits = BencodeLimits(size: 100, depth: 2, tokens: 5)
    #expect(try decode("d1:ai1e1:bi2ee", limits: limits).dictionary?.count == 2)
    #expect(throws: BencodeError(.tooManyTokens(limit: 5), at: 11)) { try decode("ldei1ei2e0:0:e", limits: limits) }
  }

  @Test func aLimitOnSizeIsCheckedFirst() {
    let limits = BencodeLimits(size: 3, depth: 2, tokens: 5)
    #expect(throws: BencodeError(.tooLarge(limit: 3), at: 3)) { try decode("xxxx", limits: limits) }
  }

  @Test func noLimitAllowsUnboundedNesting() {
    let deep = String(repeating: "l", count: 1_000_000)
    let limits = BencodeLimits(size: .max, depth: .max, tokens: .max)
    #expect(throws: BencodeError(.tooDeep(limit: BencodeLimits.deepest), at: 256)) { try decode(deep, limits: limits) }
    let shallow = String(repeating: "l", count: 256) + String(repeating: "e", count: 256)
    #expect(throws: Never.self) { try decode(shallow, limits: limits) }
  }

  @Test func unsortedKeysAreForgivenWhenAsked() throws {
    let value = try decode("d1:bi1e1:ad1:zi1e1:yi2ee1:ci3ee", options: .allowsUnsortedKeys)
    #expect(value["a"]?["y"] == .integer(2))
    #expect(value["c"] == .integer(3))
  }

  @Test(arguments: ["d1:bi1e1:ai2e1:bi3ee", "d1:ai1e1:ai2ee", "d1:bd1:xlee1:ai2e1:bi3ee"])
  func duplicateKeysAreNeverForgiven(text: String) {
    let error = #expect(throws: BencodeError.self) { try decode(text, options: .allowsUnsortedKeys) }
    #expect(error?.reason == .duplicateKey)
  }

  @Test func aPrefixEndsWhereItsValueDoes() throws {
    let message = Array("d8:msg_typei1e5:piecei0eeDATA".utf8)
    let (value, end) = try Bencode.decodePrefix(message)
    #expect(value["msg_type"] == .integer(1))
    #expect(Array(message[end...]) == Array("DATA".utf8))
    #expect(try Bencode.decodePrefix(Array("xx4:spamyy".utf8), from: 2).value == .string("spam"))
    #expect(throws: BencodeError(.endsEarly, at: 2)) { try Bencode.decodePrefix([0x69, 0x31], from: 7) }
    #expect(throws: BencodeError(.endsEarly, at: 2)) { try Bencode.decodePrefix([0x69, 0x31], from: -1) }
  }

  @Test func theSpanOfAKeyIsThatOfItsValue() throws {
    let bytes = Array("d1:ai1e4:infod4:name1:xe1:z0:e".utf8)
    let span = try #require(try Bencode.span(of: "info", in: bytes))
    #expect(Array(bytes[span]) == Array("d4:name1:xe".utf8))
    #expect(try Bencode.span(of: "name", in: bytes) == nil)
    #expect(try Bencode.span(of: "info", in: Array("l4:infoe".utf8)) == nil)
  }

  @Test func errorsSayWhereAndWhat() {
    #expect("\(BencodeError(.duplicateKey, at: 9))" == "byte 9: a dictionary has a key twice")
    #expect("\(BencodeError(.unexpectedByte(0), at: 0))" == "byte 0: a value or key cannot begin with the byte 0x00")
  }
}
