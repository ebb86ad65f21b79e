import Metainfo
import OpenSSL
internal import PluginKit

/// What a notice says of its artifact.
package struct NoticeContent: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// Another artifact takes its place: the info-hash, 20 or 32 bytes.
    case superseded(by: [UInt8])
    /// It should not be used any more.
    case withdraw
    /// It should not be used from a moment on, in seconds since 1970.
    case expires(at: Int64)
    /// What the text says, and nothing else.
    case text
  }

  package var kind: Kind
  /// For people; at most 1,024 bytes.
  package var text: String

  package init(_ kind: Kind, text: String = "") {
    (self.kind, self.text) = (kind, text)
  }
}

/// A notice that can be none, and why.
package struct NoticeProblem: Error, CustomStringConvertible {
  package let description: String
}

/// The extended message `gr_notice`: an operator's word on an artifact, signed. The article on messages has the format.
package struct Notice: Sendable, Hashable {
  static let name = "gr_notice"
  /// Bytes of a payload, at most.
  static let maximumSize = 2_048
  static let longestText = 1_024
  /// Moments that are later mean nothing: the end of 2255.
  static let latest: Int64 = 9_000_000_000
  private static let version: Int64 = 1

  /// The artifact's info-hash: 20 bytes (v1) or 32 (v2).
  package let infoHash: [UInt8]
  package let content: NoticeContent
  /// Rises with each notice of a signer on an artifact.
  package let sequence: Int64
  /// When it was signed, and when it ends, in seconds since 1970.
  package let issued: Int64
  package let until: Int64
  /// The signer's public key, 32 bytes.
  package let signer: [UInt8]
  /// 64 bytes.
  package let signature: [UInt8]

  /// Signs a notice. Throws where the parts are none of a notice.
  static func signed(
    _ content: NoticeContent, infoHash: [UInt8], sequence: Int64, issued: Int64, until: Int64, key: Ed25519.PrivateKey
  ) throws -> Notice {
    let unsigned = try Notice(
      infoHash: infoHash, content: content, sequence: sequence, issued: issued, until: until, signer: key.publicKey.bytes, signature: [])
    return try Notice(
      infoHash: infoHash, content: content, sequence: sequence, issued: issued, until: until, signer: unsigned.signer,
      signature: key.sign(unsigned.signedBytes))
  }

  private init(
    infoHash: [UInt8], content: NoticeContent, sequence: Int64, issued: Int64, until: Int64, signer: [UInt8], signature: [UInt8]
  ) throws(NoticeProblem) {
    (self.infoHash, self.content, self.sequence) = (infoHash, content, sequence)
    (self.issued, self.until, self.signer, self.signature) = (issued, until, signer, signature)
    if let problem { throw NoticeProblem(description: problem) }
  }

  /// What is wrong with the parts, lengths of signer and signature aside.
  private var problem: String? {
    let moments = 0...Self.latest
    guard Self.isHash(infoHash) else { return "an info-hash has 20 or 32 bytes" }
    guard sequence > 0 else { return "a sequence number is positive" }
    guard moments.contains(issued), moments.contains(until) else { return "a moment is between 1970 and 2255" }
    guard content.text.utf8.count <= Self.longestText else { return "a text has at most \(Self.longestText) bytes" }
    switch content.kind {
    case .superseded(let successor):
      guard Self.isHash(successor) else { return "an info-hash has 20 or 32 bytes" }
      return successor == infoHash ? "an artifact cannot take its own place" : nil
    case .expires(let at): return moments.contains(at) ? nil : "a moment is between 1970 and 2255"
    case .text: return content.text.isEmpty ? "there is nothing in it" : nil
    case .withdraw: return nil
    }
  }

  private static func isHash(_ bytes: [UInt8]) -> Bool { bytes.count == SHA1Digest.byteCount || bytes.count == SHA256Digest.byteCount }

  /// Whether the signature is the signer's.
  var isSigned: Bool { (try? Ed25519.PublicKey(signer))?.isValid(signature, of: signedBytes) ?? false }

  // MARK: On the wire

  /// The bytes that the signature is of: a name that nothing else is signed under, and the dictionary without the signature.
  var signedBytes: [UInt8] { Array("granary gr_notice 1\0".utf8) + Bencode.dictionary(unsigned).encoded() }

  /// The payload.
  var encoded: [UInt8] {
    var entries = unsigned
    entries[Array("s".utf8)] = .bytes(signature)
    return Bencode.dictionary(entries).encoded()
  }

  private var unsigned: [[UInt8]: Bencode] {
    var entries: [String: Bencode] = [
      "a": .bytes(infoHash), "i": .integer(issued), "k": .bytes(signer), "n": .integer(sequence), "u": .integer(until),
      "v": .integer(Self.version), "w": .string(content.kind.word),
    ]
    if !content.text.isEmpty { entries["t"] = .string(content.text) }
    switch content.kind {
    case .superseded(let successor): entries["b"] = .bytes(successor)
    case .expires(let at): entries["e"] = .integer(at)
    case .withdraw, .text: break
    }
    return Dictionary(entries.map { (Array($0.key.utf8), $0.value) }) { first, _ in first }
  }

  /// Reads a payload; whether its signature is right is another question.
  init(_ bytes: [UInt8]) throws(NoticeProblem) {
    let value: Bencode
    do throws(BencodeError) {
      value = try Bencode.decode(bytes, limits: Self.limits)
    } catch {
      throw NoticeProblem(description: "\(error)")
    }
    guard value["v"]?.integer == Self.version else { throw NoticeProblem(description: "it is of no version that we know") }
    guard let infoHash = value["a"]?.bytes, let sequence = value["n"]?.integer, let issued = value["i"]?.integer,
      let until = value["u"]?.integer, let signer = value["k"]?.bytes, signer.count == Ed25519.keyByteCount,
      let signature = value["s"]?.bytes, signature.count == Ed25519.signatureByteCount
    else { throw NoticeProblem(description: "a key is missing, or of another kind") }
    try self.init(
      infoHash: infoHash, content: try NoticeContent(value), sequence: sequence, issued: issued, until: until, signer: signer,
      signature: signature)
    // What is signed is what we understand: a key that we do not know would be another notice.
    guard encoded == bytes else { throw NoticeProblem(description: "it has keys that are none of its kind's") }
  }

  private static let limits = BencodeLimits(size: maximumSize, depth: 1, tokens: 32)
}

extension NoticeContent {
  fileprivate init(_ value: Bencode) throws(NoticeProblem) {
    let text: String
    switch value["t"] {
    case nil: text = ""
    case let found?:
      guard let string = found.string else { throw NoticeProblem(description: "its text is not UTF-8") }
      text = string
    }
    switch (value["w"]?.string, value["b"]?.bytes, value["e"]?.integer) {
    case ("superseded", let successor?, nil): self.init(.superseded(by: successor), text: text)
    case ("withdraw", nil, nil): self.init(.withdraw, text: text)
    case ("expires", nil, let at?): self.init(.expires(at: at), text: text)
    case ("text", nil, nil): self.init(.text, text: text)
    default: throw NoticeProblem(description: "it says nothing that we know")
    }
  }
}

extension NoticeContent.Kind {
  /// As it stands on the wire and in documents.
  package var word: String {
    switch self {
    case .superseded: "superseded"
    case .withdraw: "withdraw"
    case .expires: "expires"
    case .text: "text"
    }
  }
}

extension NoticeContent {
  /// One line. The text came from elsewhere: it is to be escaped where it is shown.
  package var summary: String {
    let word =
      switch kind {
      case .superseded(let successor): "superseded by \(Hex.encode(successor))"
      case .withdraw: "withdrawn"
      case .expires(let at): "expires \(Self.moment(at))"
      case .text: ""
      }
    return [word, text].filter { !$0.isEmpty }.joined(separator: ": ")
  }

  /// A moment in seconds since 1970, as `2027-01-31T18:00:00Z`.
  package static func moment(_ seconds: Int64) -> String {
    Moment(WallTime(nanoseconds: min(max(0, seconds), Notice.latest) * 1_000_000_000)).description
  }

  /// The seconds since 1970 of a moment as people write it; a day's is its end. Nil where the text is none.
  package static func seconds(of text: String) -> Int64? { Moment(text)?.time.seconds }
}
