import COpenSSL

/// A key pair that certificates are made for and signed with.
// Sendable: an EVP_PKEY is reference-counted and not changed once it is made, and OpenSSL documents signing with one from several
// threads as safe.
package final class SigningKey: @unchecked Sendable {
  /// What keys can be generated.
  package enum Kind: String, Sendable, CaseIterable {
    case p256, ed25519, rsa2048
  }

  let pointer: OpaquePointer

  private init(owning pointer: OpaquePointer) { self.pointer = pointer }

  deinit {
    EVP_PKEY_free(pointer)
  }

  /// Makes a new key from the system's random numbers.
  package static func generate(_ kind: Kind = .p256) throws(OpenSSLError) -> SigningKey {
    let context = try OwnedObject(
      EVP_PKEY_CTX_new_from_name(nil, kind.algorithm, nil), from: "EVP_PKEY_CTX_new_from_name", release: EVP_PKEY_CTX_free)
    try check(EVP_PKEY_keygen_init(context.pointer), "EVP_PKEY_keygen_init")
    switch kind {
    case .p256: try check(EVP_PKEY_CTX_set_group_name(context.pointer, "P-256"), "EVP_PKEY_CTX_set_group_name")
    case .rsa2048: try check(EVP_PKEY_CTX_set_rsa_keygen_bits(context.pointer, 2_048), "EVP_PKEY_CTX_set_rsa_keygen_bits")
    case .ed25519: break
    }
    var made: OpaquePointer?
    try check(EVP_PKEY_generate(context.pointer, &made), "EVP_PKEY_generate")
    guard let made else { throw .taken(after: "EVP_PKEY_generate") }
    return SigningKey(owning: made)
  }

  /// Reads an unencrypted key. A key under a passphrase is refused: nobody is there to type it.
  package static func parse(pem: [UInt8]) throws(OpenSSLError) -> SigningKey {
    let input = try MemoryBIO(pem)
    // Without a callback of ours OpenSSL would ask at the terminal.
    guard let key = PEM_read_bio_PrivateKey(input.pointer, nil, { _, _, _, _ in -1 }, nil) else {
      throw .taken(after: "PEM_read_bio_PrivateKey")
    }
    return SigningKey(owning: key)
  }

  /// The key as PKCS #8, not encrypted.
  package func pem() throws(OpenSSLError) -> [UInt8] {
    let output = try MemoryBIO()
    try check(PEM_write_bio_PKCS8PrivateKey(output.pointer, pointer, nil, nil, 0, nil, nil), "PEM_write_bio_PKCS8PrivateKey")
    return output.bytes()
  }

  /// The digest to sign with; nil where the algorithm has its own.
  var signatureDigest: OpaquePointer? { EVP_PKEY_is_a(pointer, "ED25519") == 1 ? nil : EVP_sha256() }
}

extension SigningKey.Kind {
  fileprivate var algorithm: String {
    switch self {
    case .p256: "EC"
    case .ed25519: "ED25519"
    case .rsa2048: "RSA"
    }
  }
}
