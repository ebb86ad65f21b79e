import Metainfo
import OpenSSL
internal import PluginKit

extension CapabilityToken {
  /// Makes a token. Throws where a name or a list is not one that a token may have.
  package static func mint(
    issuer: String, id: String, bearer: Bearer, block: Block, key: Ed25519.PrivateKey
  ) throws -> CapabilityToken {
    var entries = block.entries
    entries[Array("b".utf8)] = .string(bearer.text)
    entries[Array("i".utf8)] = .string(issuer)
    entries[Array("n".utf8)] = .string(id)
    entries[Array("v".utf8)] = .integer(1)
    return try CapabilityToken([try sign(.dictionary(entries), after: [], key)]).checked()
  }

  /// The token with less in it: a further block, signed by its bearer. Needs no issuer and no network.
  ///
  /// - Throws: where the key is not the bearer's, or the token would be too long.
  package func narrowed(to block: Block, key: Ed25519.PrivateKey) throws -> CapabilityToken {
    guard bearer == .key(key.publicKey.bytes) else { throw Malformed(description: "only its bearer's Ed25519 key narrows a token") }
    let next = try Self.sign(.dictionary(block.entries), after: signed.last?.signature ?? [], key)
    return try CapabilityToken(signed + [next]).checked()
  }

  /// Likewise of one that is bound to a certificate, with that certificate's key.
  package func narrowed(to block: Block, key: PrivateKey) throws -> CapabilityToken {
    let publicKey = try key.publicKeyDER()
    guard bearer == .certificate(SHA256Digest.hash(of: publicKey).bytes) else {
      throw Malformed(description: "only the key of its bearer's certificate narrows a token")
    }
    var entries = block.entries
    entries[Array("k".utf8)] = .bytes(publicKey)
    let body = Bencode.dictionary(entries).encoded()
    let signature = try key.sign(Self.message(body, after: signed.last?.signature ?? []))
    return try CapabilityToken(signed + [Signed(body: body, signature: signature)]).checked()
  }

  /// The token as others will read it.
  private func checked() throws(Malformed) -> CapabilityToken { try CapabilityToken(bytes) }

  private static func sign(_ body: Bencode, after previous: [UInt8], _ key: Ed25519.PrivateKey) throws(OpenSSLError) -> Signed {
    let bytes = body.encoded()
    return Signed(body: bytes, signature: try key.sign(message(bytes, after: previous)))
  }

  /// What a signature is of.
  private static func message(_ body: [UInt8], after previous: [UInt8]) -> [UInt8] { context + previous + body }

  /// Whether every block is signed by whom it must be.
  package func isSigned(by issuer: Ed25519.PublicKey) -> Bool {
    guard let first = signed.first, issuer.isValid(first.signature, of: Self.message(first.body, after: [])) else { return false }
    return zip(signed, signed.dropFirst()).allSatisfy { previous, block in isSignedByBearer(block, after: previous.signature) }
  }

  private func isSignedByBearer(_ block: Signed, after previous: [UInt8]) -> Bool {
    let message = Self.message(block.body, after: previous)
    switch bearer {
    case .key(let bytes): return (try? Ed25519.PublicKey(bytes))?.isValid(block.signature, of: message) ?? false
    case .certificate(let digest):
      // The digest is looked at first: no key is read that the issuer did not mean.
      guard let key = (try? Self.bencode(block.body))?["k"]?.bytes, SHA256Digest.hash(of: key).bytes == digest else { return false }
      return (try? SubjectPublicKey(der: key))?.isValid(block.signature, of: message) ?? false
    }
  }

  /// The last moment at which all blocks hold, seconds since 1970.
  package var ends: Int64 { blocks.compactMap(\.ends).min() ?? 0 }

  /// What all of its blocks allow. Nil where a block names an operation that there is not, or a pattern that is none: what is not understood
  /// allows nothing.
  var capability: Capability? {
    var operations = Set(Operation.allCases)
    for list in blocks.compactMap(\.operations) {
      let known = list.compactMap(Operation.init(rawValue:))
      guard known.count == list.count else { return nil }
      operations.formIntersection(known)
    }
    let artifacts = blocks.compactMap(\.artifacts)
    let files = blocks.compactMap(\.files)
    guard artifacts.joined().allSatisfy({ (try? ArtifactPattern($0)) != nil }), files.joined().allSatisfy({ (try? Glob($0, .path)) != nil })
    else { return nil }
    let (nanoseconds, isLate) = ends.multipliedReportingOverflow(by: 1_000_000_000)
    return Capability(
      issuer: issuer, id: id, artifacts: artifacts, operations: operations, files: files,
      validUntil: WallTime(nanoseconds: isLate ? (ends < 0 ? .min : .max) : nanoseconds))
  }
}
