internal import Metainfo
package import OpenSSL

/// A document's bytes, and a signature over exactly these.
///
/// A bencoded dictionary of `body` (the document's bytes), and, where it is signed, `key` (the key's id, 8 bytes) and `signature` (Ed25519,
/// 64 bytes, over `granary catalogue 1`, a line feed, and the body). Several keys may be trusted at a time, which is how one is changed for
/// another; the id says which one to try.
package struct CatalogueEnvelope: Hashable, Sendable {
  /// By whom, and with what.
  package struct Signature: Hashable, Sendable {
    package let key: CatalogueKeyID
    /// 64 bytes.
    package let bytes: [UInt8]
  }

  /// The document's bytes, as they are signed.
  package let body: [UInt8]
  package let signature: Signature?

  /// What tells this signature from any other that the key may be used for.
  private static let purpose = Array("granary catalogue 1\n".utf8)

  /// Signs where there is a key.
  package init(body: [UInt8], signedBy key: Ed25519.PrivateKey?) throws(OpenSSLError) {
    self.body = body
    guard let key else {
      signature = nil
      return
    }
    signature = Signature(key: CatalogueKeyID(key.publicKey), bytes: try key.sign(Self.purpose + body))
  }

  /// Reads one; its body is not looked into. Throws with the place of what is wrong.
  package init(decoding bytes: [UInt8]) throws(CatalogueError) {
    let value: Bencode
    do throws(BencodeError) {
      value = try Bencode.decode(bytes, limits: CatalogueLimits.envelope)
    } catch {
      throw CatalogueError(error)
    }
    var fields = try CatalogueFields(value, at: "")
    guard let body = try fields.take("body").bytes else { throw CatalogueError("body", "expected bytes") }
    let key = try fields.bytesIfPresent("key", [CatalogueKeyID.byteCount]).flatMap { CatalogueKeyID($0) }
    let signature = try fields.bytesIfPresent("signature", [Ed25519.signatureByteCount])
    try fields.end()
    switch (key, signature) {
    case (let key?, let bytes?): self.signature = Signature(key: key, bytes: bytes)
    case (nil, nil): self.signature = nil
    default: throw CatalogueError("", "a key without a signature, or a signature without a key")
    }
    self.body = body
  }

  package var encoded: [UInt8] {
    guard let signature else { return Bencode.dictionary(["body": .bytes(body)]).encoded() }
    return Bencode.dictionary(["body": .bytes(body), "key": .bytes(signature.key.bytes), "signature": .bytes(signature.bytes)]).encoded()
  }

  /// Whether the key has signed it.
  package func isSigned(by key: Ed25519.PublicKey) -> Bool {
    guard let signature, signature.key == CatalogueKeyID(key) else { return false }
    return key.isValid(signature.bytes, of: Self.purpose + body)
  }
}
