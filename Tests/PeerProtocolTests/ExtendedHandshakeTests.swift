import Metainfo
import NIOCore
import PeerProtocol
import Testing

@Suite struct ExtendedHandshakeTests {
  private func decode(_ text: String, limits: ExtendedHandshakeLimits = .init()) throws(ProtocolViolation) -> ExtendedHandshake {
    try ExtendedHandshake.decode(ByteBuffer(string: text), limits: limits)
  }

  @Test func allFieldsComeBackAsTheyWereSent() throws {
    var handshake = Fixtures.handshake(["ut_metadata": 2, "lt_donthave": 7, "off": 0])
    handshake.metadataSize = 31_235
    handshake.requestQueue = 2_000
    handshake.clientVersion = "Granary 1.0 µ"
    handshake.listenPort = 65_535
    handshake.yourIP = [10, 0, 0, 1]
    handshake.uploadOnly = true
    handshake.completeAgo = 0
    handshake.extra = ["share_mode": .integer(1), "gr_auth": .list([.string("x"), .dictionary([:])])]
    #expect(try ExtendedHandshake.decode(ByteBuffer(bytes: handshake.encoded())) == handshake)
  }

  @Test func isWrittenAsSortedBencodeWithOnlyWhatIsThere() {
    var handshake = Fixtures.handshake(["ut_pex": 1, "ut_metadata": 2])
    handshake.uploadOnly = false
    handshake.extra = ["v": .integer(4), "a": .integer(-1)]
    #expect(String(decoding: handshake.encoded(), as: UTF8.self) == "d1:ai-1e1:md11:ut_metadatai2e6:ut_pexi1ee11:upload_onlyi0ee")
  }

  @Test func theExampleOfBEP10IsRead() throws {
    let handshake = try decode("d1:md11:LT_metadatai1e7:µT_PEXi2ee1:pi6881e1:v13:µTorrent 1.2e")
    #expect(handshake.messages == ["LT_metadata": 1, "µT_PEX": 2])
    #expect(handshake.listenPort == 6881)
    #expect(handshake.clientVersion == "µTorrent 1.2")
  }

  @Test func keysInAnyOrderAndBytesAfterTheDictionaryAreTaken() throws {
    let handshake = try decode("d1:v1:x1:pi1e1:md2:zzi1e2:aai2eeejunk")
    #expect(handshake.messages == ["zz": 1, "aa": 2])
    #expect(handshake.listenPort == 1)
  }

  @Test func anEmptyDictionarySaysNothing() throws {
    #expect(try decode("de").isEmpty)
    #expect(try decode("d1:mdee").isEmpty)
    #expect(try !decode("d1:xi0ee").isEmpty)
  }

  @Test(arguments: ["d1:mi1ee", "d1:ml1:aee", "d1:m0:e"]) func messagesOfTheWrongTypeAreLeftOut(text: String) throws {
    #expect(try decode(text).messages.isEmpty)
  }

  @Test func valuesOfTheWrongTypeOrOutOfRangeAreLeftOut() throws {
    let text =
      "d12:complete_agoi-1e1:md3:bigi256e3:negi-1e3:str1:xe13:metadata_sizei0e1:pi70000e4:reqqi0e11:upload_only1:y1:vi5e6:yourip3:abce"
    #expect(try decode(text) == ExtendedHandshake())
    #expect(try decode("d13:metadata_sizei-5e1:pi0e4:reqql1:ae6:yourip5:abcdee") == ExtendedHandshake())
  }

  @Test func aNumberOfZeroTurnsAMessageOffAndOthersAreAdded() throws {
    let first = try decode("d1:md1:ai1e1:bi2ee4:reqqi10e1:xi1ee")
    let later = try decode("d1:md1:ai0e1:ci3eee")
    #expect(later.messages == ["a": 0, "c": 3])
    let both = first.updated(by: later)
    #expect(both.messages == ["b": 2, "c": 3])
    #expect(both.requestQueue == 10)
    #expect(both.extra == ["x": .integer(1)])
    let other = try decode("d4:reqqi20e1:yi1ee")
    #expect(both.updated(by: other).extra == ["y": .integer(1)])
    #expect(both.updated(by: other).requestQueue == 20)
  }

  @Test func namesAndVersionsThatAreNotUTF8DoNoHarm() throws {
    var buffer = ByteBuffer(string: "d1:md2:")
    buffer.writeBytes([0xFF, 0xFE])
    buffer.writeString("i1ee1:v3:")
    buffer.writeBytes([0x61, 0xFF, 0x62])
    buffer.writeString("e")
    let handshake = try ExtendedHandshake.decode(buffer)
    #expect(handshake.messages.isEmpty)
    #expect(handshake.clientVersion == "a\u{FFFD}b")
  }

  @Test func aLongVersionIsCut() throws {
    let version = String(repeating: "v", count: 300)
    #expect(try decode("d1:v300:\(version)e").clientVersion?.count == 256)
  }

  @Test(arguments: ["", "i1e", "le", "4:spam", "d", "d1:m", "d1:mde", "\u{0}", "d1:mi1e", "di1ei2ee", "d1:pi99999999999999999999ee"])
  func whatIsNoDictionaryIsMalformed(text: String) {
    #expect { try decode(text) } throws: { ($0 as? ProtocolViolation)?.code == .malformed }
  }

  @Test func sizeDepthNumberAndLengthOfNamesAreBounded() throws {
    let names = (0..<257).map { index in "4:\(1_000 + index)i1e" }.joined()
    let deep = "d1:x" + String(repeating: "l", count: 40) + String(repeating: "e", count: 40) + "e"
    let long = String(repeating: "n", count: 65)
    let wide = "d1:xl" + String(repeating: "i0e", count: 3_000) + "ee"
    for text in ["d1:md\(names)ee", deep, "d1:md65:\(long)i1eee", wide, "d1:x70000:\(String(repeating: "x", count: 70_000))e"] {
      #expect { try decode(text) } throws: { ($0 as? ProtocolViolation)?.code == .tooLong }
    }
    #expect(try decode("d1:md\(names.dropLast(9))ee").messages.count == 256)
    #expect(try decode("d1:md64:\(long.dropLast())i1eee").messages.count == 1)
  }
}
