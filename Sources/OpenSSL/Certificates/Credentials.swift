/// What a node shows: its certificate, with what leads up to an authority, and the certificate's key.
package struct Credentials: Sendable {
  /// The key is not the certificate's.
  package struct Mismatch: Error, CustomStringConvertible {
    package let description: String
  }

  /// The certificate first, then those that signed it, in order. Never empty.
  package let chain: [Certificate]
  /// The key of the first.
  package let key: PrivateKey

  /// The certificate itself.
  package var certificate: Certificate { chain[0] }

  /// Throws where there is no certificate, or where the key is another's.
  package init(chain: [Certificate], key: PrivateKey) throws(Mismatch) {
    guard let leaf = chain.first else { throw Mismatch(description: "there is no certificate") }
    guard key.matches(leaf) else { throw Mismatch(description: "the key is not that of the certificate of \(leaf.subject)") }
    (self.chain, self.key) = (chain, key)
  }
}
