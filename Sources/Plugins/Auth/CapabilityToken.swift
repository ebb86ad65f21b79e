import Metainfo
import OpenSSL
internal import PluginKit

/// A capability token: a grant that an issuer has signed, and that its bearer may have narrowed since.
///
/// A bencoded list of blocks, each a list of two: the body, a bencoded dictionary as bytes, and the signature over `granary token 1`, the
/// signature of the block before (none for the first) and the body. The first block is signed by the issuer (Ed25519), the later ones by the
/// bearer, with the Ed25519 key or the certificate's key that the token is bound to; each can only take away, since what a token allows is what
/// all of its blocks allow.
///
/// | key | in | value |
/// |---|---|---|
/// | `a` | all | patterns of artifacts; a list |
/// | `b` | first | whom it is bound to: `ed25519:` or `spki:` and 64 hex digits |
/// | `e` | all | when it ends, seconds since 1970 |
/// | `f` | all | patterns of files; a list; none: all files |
/// | `i` | first | the issuer's name |
/// | `k` | later | where it is bound to a certificate: the certificate's public key (SubjectPublicKeyInfo, DER), which signs the block |
/// | `n` | first | the token's id |
/// | `o` | all | operations; a list |
/// | `v` | first | 1 |
package struct CapabilityToken: Sendable, Hashable {
  static let context = Array("granary token 1".utf8)
  /// Bytes of a token, at most, and blocks.
  package static let longest = 4_096
  static let mostBlocks = 8
  static let mostItems = 64

  /// Whom a token is bound to.
  package enum Bearer: Sendable, Hashable {
    /// Who has the private half of this Ed25519 key.
    case key([UInt8])
    /// Whose certificate has a key with this SHA-256 (SubjectPublicKeyInfo).
    case certificate([UInt8])
  }

  /// What one block says.
  package struct Block: Sendable, Hashable {
    package var artifacts: [String]?
    package var operations: [String]?
    package var files: [String]?
    /// Seconds since 1970.
    package var ends: Int64?

    package init(artifacts: [String]? = nil, operations: [String]? = nil, files: [String]? = nil, ends: Int64? = nil) {
      (self.artifacts, self.operations, self.files, self.ends) = (artifacts, operations, files, ends)
    }
  }

  struct Signed: Sendable, Hashable {
    let body: [UInt8]
    let signature: [UInt8]
  }

  package let issuer: String
  package let id: String
  package let bearer: Bearer
  /// What each block says, the issuer's first.
  package let blocks: [Block]
  let signed: [Signed]

  /// A text or bytes that are no token.
  package struct Malformed: Error, CustomStringConvertible {
    package let description: String
  }

  /// Reads a token. Whether its signatures are right is for `check` to say.
  package init(_ bytes: [UInt8]) throws(Malformed) {
    guard bytes.count <= Self.longest else { throw Malformed(description: "a token has \(Self.longest) bytes at most") }
    let list = try Self.bencode(bytes)
    guard let items = list.list, (1...Self.mostBlocks).contains(items.count) else {
      throw Malformed(description: "a token has 1 to \(Self.mostBlocks) blocks")
    }
    var signed: [Signed] = []
    for item in items {
      guard let pair = item.list, pair.count == 2, let body = pair[0].bytes, let signature = pair[1].bytes,
        (1...SubjectPublicKey.longestSignature).contains(signature.count)
      else { throw Malformed(description: "a block of a token is a body and a signature") }
      signed.append(Signed(body: body, signature: signature))
    }
    try self.init(signed)
  }

  init(_ signed: [Signed]) throws(Malformed) {
    var bodies: [Bencode] = []
    for block in signed { bodies.append(try Self.bencode(block.body)) }
    guard let first = bodies.first, first["v"]?.integer == 1 else { throw Malformed(description: "a token of another version") }
    guard let issuer = first["i"]?.string, let id = first["n"]?.string, Self.isName(issuer), Self.isName(id) else {
      throw Malformed(description: "a token without an issuer or an id")
    }
    guard let bearer = first["b"]?.string.flatMap(Bearer.init) else { throw Malformed(description: "a token that is bound to nobody") }
    var blocks: [Block] = []
    for body in bodies { blocks.append(try Block(body)) }
    guard blocks[0].artifacts != nil, blocks[0].operations != nil, blocks[0].ends != nil else {
      throw Malformed(description: "a token that does not say what for, or until when")
    }
    (self.issuer, self.id, self.bearer, self.blocks, self.signed) = (issuer, id, bearer, blocks, signed)
  }

  static func bencode(_ bytes: [UInt8]) throws(Malformed) -> Bencode {
    do throws(BencodeError) {
      return try Bencode.decode(bytes, limits: BencodeLimits(size: longest, depth: 4, tokens: 1_024))
    } catch {
      throw Malformed(description: "a token that is not bencoded: \(error)")
    }
  }

  private static func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count) && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value < 0x7F && $0 != "/" }
  }

  /// The token as bytes.
  package var bytes: [UInt8] {
    Bencode.list(signed.map { .list([.bytes($0.body), .bytes($0.signature)]) }).encoded()
  }
}

extension CapabilityToken.Bearer {
  /// `ed25519:` or `spki:` and 64 hex digits.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let bytes = HexText.bytes(parts[1]), bytes.count == 32 else { return nil }
    switch parts[0] {
    case "ed25519": self = .key(bytes)
    case "spki": self = .certificate(bytes)
    default: return nil
    }
  }

  package var text: String {
    switch self {
    case .key(let bytes): "ed25519:" + HexText.text(bytes)
    case .certificate(let bytes): "spki:" + HexText.text(bytes)
    }
  }
}

extension CapabilityToken.Block {
  fileprivate init(_ body: Bencode) throws(CapabilityToken.Malformed) {
    artifacts = try Self.texts(body["a"])
    operations = try Self.texts(body["o"])
    files = try Self.texts(body["f"])
    ends = body["e"]?.integer
  }

  private static func texts(_ value: Bencode?) throws(CapabilityToken.Malformed) -> [String]? {
    guard let value else { return nil }
    guard let list = value.list, list.count <= CapabilityToken.mostItems else {
      throw CapabilityToken.Malformed(description: "a token with more than \(CapabilityToken.mostItems) items in a list")
    }
    let texts = list.compactMap(\.string)
    guard texts.count == list.count else { throw CapabilityToken.Malformed(description: "a token with an item that is no text") }
    return texts
  }

  var entries: [[UInt8]: Bencode] {
    let lists = [("a", artifacts), ("f", files), ("o", operations)]
    var entries: [[UInt8]: Bencode] = [:]
    for case (let key, let list?) in lists { entries[Array(key.utf8)] = .list(list.map(Bencode.string)) }
    if let ends { entries[Array("e".utf8)] = .integer(ends) }
    return entries
  }
}
