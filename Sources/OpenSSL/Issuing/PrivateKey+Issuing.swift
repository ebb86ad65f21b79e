import COpenSSL

extension PrivateKey {
  /// What keys can be generated.
  package enum Kind: String, Sendable, CaseIterable {
    case p256, ed25519, rsa2048

    fileprivate var algorithm: String {
      switch self {
      case .p256: "EC"
      case .ed25519: "ED25519"
      case .rsa2048: "RSA"
      }
    }
  }

  /// Makes a new key from the system's random numbers.
  package static func generate(_ kind: Kind = .p256) throws(OpenSSLError) -> PrivateKey {
    ERR_clear_error()
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
    return PrivateKey(owning: made)
  }

  /// The key as PKCS #8, not encrypted: for a file that its owner alone may read.
  package func pem() throws(OpenSSLError) -> String {
    ERR_clear_error()
    let text = PEMText.written { PEM_write_bio_PKCS8PrivateKey($0, pointer, nil, nil, 0, nil, nil) }
    guard !text.isEmpty else { throw .taken(after: "PEM_write_bio_PKCS8PrivateKey") }
    return text
  }

  /// Whether it is an Ed25519 key.
  package var isEd25519: Bool { EVP_PKEY_is_a(pointer, "ED25519") == 1 }

  /// The digest to sign with; nil where the algorithm has its own.
  var signatureDigest: OpaquePointer? { isEd25519 ? nil : EVP_sha256() }
}
