import Metainfo
import OpenSSL

/// Signs heads of the journal's chain with the node's own key.
package struct JournalSigner: Sendable {
  private let key: Ed25519.PrivateKey

  package init(_ key: Ed25519.PrivateKey) { self.key = key }

  /// What its signatures are checked with.
  package var publicKey: Ed25519.PublicKey { key.publicKey }

  func sign(_ hash: SHA256Digest) throws -> [UInt8] { try key.sign(Self.message(hash)) }

  static func isValid(_ signature: [UInt8], of hash: SHA256Digest, by key: Ed25519.PublicKey) -> Bool {
    key.isValid(signature, of: message(hash))
  }

  /// A key may be asked to sign other things one day: this says what it has signed here.
  private static func message(_ hash: SHA256Digest) -> [UInt8] { Array("granary journal head 1\0".utf8) + hash.bytes }
}
