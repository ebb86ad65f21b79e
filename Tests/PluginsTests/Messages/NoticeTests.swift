import Metainfo
import OpenSSL
import PluginKit
import TestSupport
import Testing

@testable import Plugins

/// `gr_notice` on the wire.
struct NoticeTests {
  private static let infoHash = [UInt8](repeating: 0xAB, count: 20)

  private static func made(_ content: NoticeContent) throws -> Notice {
    try Notice.signed(
      content, infoHash: infoHash, sequence: 1_795_435_200_000, issued: 1_795_435_200, until: 1_803_211_200,
      key: Ed25519.PrivateKey(seed: MessagesRig.seed))
  }

  /// As `openssl pkeyutl -sign -rawin` signs what another bencoder has written: the article has them.
  static let superseded = (
    NoticeContent(.superseded(by: [UInt8](repeating: 0xCD, count: 20)), text: "take 1.1"),
    "7048cf24a1bd60633f5b3d84aee18d5ba04edc20bc821e0c033c6483fc6e1020be0e000834b9b8d54e33b12ddf128f5573255602d5318396ae43d75a5e776f08"
  )
  static let withdrawn = (
    NoticeContent(.withdraw),
    "86f532b70539f7c35cb9f21d3b3703c0627de9bc849b44737e73ba93dc7e9cec5a8201204d683c90c0226712185560fd0d54c085eaf41fc6d7eac0a71c3a9405"
  )
  static let expiring = (
    NoticeContent(.expires(at: 1_800_000_000)),
    "d89fd70a1105996544d00dfbcf78a0a2ea63bf091a9e752be108edc6f97bcdd7b281a1e9ad7ee007acfbbe6bfacad613dad2c4981f36d4a1e91c1a07d5303e0f"
  )
  static let text = (
    NoticeContent(.text, text: "rebooting at noon"),
    "204ef62197ce05849ad4e49f04af15e4e4be7bae6a550e714fc4e78c7c85a86ac88f1624f94c6240e26027d6dd2f6350262c4f773e7454adc9c03784c9845705"
  )

  @Test(arguments: [superseded, withdrawn, expiring, text])
  func signaturesAreThoseOfTheArticle(content: NoticeContent, signature: String) throws {
    let notice = try Self.made(content)
    #expect(HexText.text(notice.signer) == MessagesRig.publicKey)
    #expect(HexText.text(notice.signature) == signature)
    #expect(notice.isSigned)
    #expect(try Notice(notice.encoded) == notice)
  }

  @Test func aWithdrawalIsTheArticlesToTheByte() throws {
    let hex =
      "64313a6132303aabababababababababababababababababababab313a69693137393534333532303065313a6b33323aea4a6c63e29c520abef5507b132ec5f9954776"
      + "aebebe7b92421eea691446d22c313a6e693137393534333532303030303065313a7336343a86f532b70539f7c35cb9f21d3b3703c0627de9bc849b44737e73ba93dc7e"
      + "9cec5a8201204d683c90c0226712185560fd0d54c085eaf41fc6d7eac0a71c3a9405313a75693138303332313132303065313a76693165313a77383a776974686472"
      + "617765"
    #expect(HexText.text(try Self.made(NoticeContent(.withdraw)).encoded) == hex)
  }

  /// Whatever byte of a notice is another, it is none, or its signature is wrong.
  @Test(arguments: [superseded.0, withdrawn.0, expiring.0, text.0])
  func noByteCanBeAnother(content: NoticeContent) throws {
    let bytes = try Self.made(content).encoded
    for index in bytes.indices {
      for change: UInt8 in [1, 0x20, 0x80] {
        var changed = bytes
        changed[index] ^= change
        guard let notice = try? Notice(changed) else { continue }
        #expect(!notice.isSigned, "byte \(index) xor \(change)")
      }
    }
  }

  @Test func noPartOfOneIsOne() throws {
    let bytes = try Self.made(Self.superseded.0).encoded
    for count in 0..<bytes.count { #expect(throws: NoticeProblem.self) { try Notice(Array(bytes.prefix(count))) } }
    #expect(throws: NoticeProblem.self) { try Notice(bytes + [0x65]) }
  }

  @Test func keysThatAreNoneOfItsKindAreRefused() throws {
    let value = try Bencode.decode(Self.made(NoticeContent(.withdraw)).encoded, limits: .message)
    let entries = try #require(value.dictionary)
    for (key, extra) in [
      ("x", .integer(1)), ("e", .integer(5)), ("b", .bytes(Self.infoHash)), ("t", .string("")), ("t", .bytes([0xFF])), ("v", .integer(2)),
      ("n", .integer(0)), ("n", .integer(-1)), ("u", .integer(.max)), ("i", .integer(-1)), ("a", .bytes([1])), ("k", .bytes([])),
      ("s", .bytes([])), ("w", .string("remove")), ("w", .string("superseded")), ("w", .string("text")),
    ] as [(String, Bencode)] {
      var changed = entries
      changed[Array(key.utf8)] = extra
      #expect(throws: NoticeProblem.self, "\(key)") { try Notice(Bencode.dictionary(changed).encoded()) }
    }
  }

  @Test(arguments: [
    NoticeContent(.text), NoticeContent(.superseded(by: [1])), NoticeContent(.superseded(by: infoHash)), NoticeContent(.expires(at: -1)),
    NoticeContent(.expires(at: .max)), NoticeContent(.withdraw, text: String(repeating: "a", count: 1_025)),
  ])
  func whatCannotBeSaidIsNotSigned(content: NoticeContent) {
    #expect(throws: NoticeProblem.self) { try Self.made(content) }
  }

  @Test func theLargestFits() throws {
    let content = NoticeContent(.superseded(by: [UInt8](repeating: 1, count: 32)), text: String(repeating: "a", count: 1_024))
    let notice = try Notice.signed(
      content, infoHash: [UInt8](repeating: 2, count: 32), sequence: .max, issued: Notice.latest, until: Notice.latest,
      key: Ed25519.PrivateKey(seed: MessagesRig.seed))
    #expect(notice.encoded.count <= Notice.maximumSize)
    #expect(try Notice(notice.encoded) == notice)
  }

  @Test func randomBytesAreNone() {
    var generator = SeededGenerator(seed: 12)
    for _ in 0..<2_000 { #expect(throws: NoticeProblem.self) { try Notice(generator.bytes(200)) } }
  }
}
