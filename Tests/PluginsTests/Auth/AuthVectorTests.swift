import Metainfo
import NIOCore
import OpenSSL
import PluginKit
import TestSupport
import Testing

@testable import Plugins

/// The bytes on the wire, as the article on `gr_auth` has them: another implementation must come to the same.
struct AuthVectorTests {
  private let dialerOffer = AuthOffer.make(nonce: [UInt8](repeating: 0x11, count: 32))
  private let listenerOffer = AuthOffer.make(nonce: [UInt8](repeating: 0x22, count: 32))

  private var transcript: AuthTranscript {
    AuthTranscript(
      AuthRig.opening(.dialer), ourOffer: dialerOffer.encoded(), theirOffer: listenerOffer.encoded(),
      exporter: [UInt8](repeating: 0x33, count: 32))
  }

  @Test func offersAreDictionaries() {
    #expect(String(decoding: dialerOffer.encoded(), as: UTF8.self) == "d1:n32:\(String(repeating: "\u{11}", count: 32))1:vi1ee")
  }

  @Test func transcriptsAreFieldsBehindTheirLengths() {
    let bytes = transcript.bytes(by: .dialer, key: "fleet-1", token: [], dialerProof: [])
    let expected =
      "000000116772616e61727920" + "67725f617574682031" + "000000066469616c6572" + "000000080000000000100004" + "000000080000000000100014"
      + "00000014" + String(repeating: "ab", count: 20) + "00000014" + String(repeating: "01", count: 20) + "00000014"
      + String(repeating: "02", count: 20) + "0000002e" + HexText.text(dialerOffer.encoded()) + "0000002e"
      + HexText.text(listenerOffer.encoded()) + "00000020" + String(repeating: "33", count: 32) + "00000007666c6565742d31"
      + "00000000" + "00000000"
    #expect(HexText.text(bytes) == expected)
  }

  @Test func proofsOfASharedKey() throws {
    let keys = try #require(HexText.bytes(AuthRig.secret))
    let first = try SecretBytes.code(transcript.bytes(by: .dialer, key: "fleet-1", token: [], dialerProof: []), key: keys)
    #expect(HexText.text(first) == Self.dialerProof)
    let second = try SecretBytes.code(transcript.bytes(by: .listener, key: "fleet-1", token: [], dialerProof: first), key: keys)
    #expect(HexText.text(second) == Self.listenerProof)
  }

  @Test func proofsOfAKeyOfItsHolder() throws {
    let proof = try AuthRig.key(7).sign(transcript.bytes(by: .dialer, key: "edge-7", token: [], dialerProof: []))
    #expect(HexText.text(proof) == Self.holderProof)
  }

  static let dialerProof = "efa50447815e0900a9d14845003a1c07f87d1be04838c911bbe771184a17602e"
  static let listenerProof = "67247cd953ef2d7cfc48367f7cdb9bca709a19c406c6906eab14730e90155baf"
  static let holderProof =
    "972af810bbff844a3fd5a7128abb49fea63f61ed8d8294c477651c77c8ac53d4c0091792672e3880e10275e4e782fe54fcdccdc2f801c5aa4b8be1cde48c830a"
}
