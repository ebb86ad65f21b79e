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

  /// The token as others will read it.
  private func checked() throws(Malformed) -> CapabilityToken { try CapabilityToken(bytes) }

  private static func sign(_ body: Bencode, after previous: [UInt8], _ key: Ed25519.PrivateKey) throws(OpenSSLError) -> Signed {
    let bytes = body.encoded()
    return Signed(body: bytes, signature: try key.sign(context + previous + bytes))
  }

  /// Whether every block is signed by whom it must be.
  package func isSigned(by issuer: Ed25519.PublicKey) -> Bool {
    var previous: [UInt8] = []
    let narrowing: Ed25519.PublicKey? = if case .key(let bytes) = bearer { try? Ed25519.PublicKey(bytes) } else { nil }
    for (index, block) in signed.enumerated() {
      guard let signer = index == 0 ? issuer : narrowing,
        signer.isValid(block.signature, of: Self.context + previous + block.body)
      else { return false }
      previous = block.signature
    }
    return true
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
