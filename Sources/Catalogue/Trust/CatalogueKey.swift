internal import Metainfo
package import OpenSSL

/// Names a key that signs catalogues: the first 8 bytes of the SHA-256 of its 32 public bytes. Which key it is, is looked at in any case.
package struct CatalogueKeyID: Hashable, Sendable, CustomStringConvertible {
  package static let byteCount = 8

  package let bytes: [UInt8]

  /// Nil where there are not exactly 8 bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  package init(_ key: Ed25519.PublicKey) {
    bytes = Array(SHA256Digest.hash(of: key.bytes).bytes.prefix(Self.byteCount))
  }

  /// 16 hexadecimal digits.
  package var description: String { Hex.encode(bytes) }
}

/// The keys that a catalogue may be signed with: several, while one is being changed for another.
package struct CatalogueKeys: Sendable {
  private let keys: [CatalogueKeyID: Ed25519.PublicKey]

  package init(_ keys: [Ed25519.PublicKey]) {
    self.keys = Dictionary(keys.map { (CatalogueKeyID($0), $0) }) { first, _ in first }
  }

  package var isEmpty: Bool { keys.isEmpty }

  /// Whether one of the keys has signed it.
  package func haveSigned(_ envelope: CatalogueEnvelope) -> Bool {
    guard let signature = envelope.signature, let key = keys[signature.key] else { return false }
    return envelope.isSigned(by: key)
  }

  /// A public key of 64 hexadecimal digits; nil where it is none.
  package static func key(_ text: String) -> Ed25519.PublicKey? {
    guard text.utf8.count == 2 * Ed25519.keyByteCount, let bytes = Hex.decode(text) else { return nil }
    return try? Ed25519.PublicKey(bytes)
  }
}
