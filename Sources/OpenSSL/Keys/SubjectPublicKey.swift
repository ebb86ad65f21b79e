import COpenSSL

/// A public key with its algorithm, as certificates carry it (SubjectPublicKeyInfo, RFC 5280 section 4.1): of an elliptic curve, Ed25519 or RSA.
package final class SubjectPublicKey: Sendable {
  /// Bytes of a key and of a signature, at most: RSA with 4,096 bits.
  package static let longest = 1_024
  package static let longestSignature = 512

  // EVP_PKEY is reference-counted and locks what it caches; nothing here changes it.
  nonisolated(unsafe) private let pointer: OpaquePointer

  /// Reads the DER of a key. Throws where it is none, or one of another algorithm or of more bits than certificates have.
  package init(der: [UInt8]) throws(OpenSSLError) {
    ERR_clear_error()
    guard der.count <= Self.longest else { throw OpenSSLError(operation: "d2i_PUBKEY", reasons: ["the key is too long"]) }
    let key: OpaquePointer? = der.withUnsafeBufferPointer { bytes in
      var start = bytes.baseAddress
      return start == nil ? nil : d2i_PUBKEY(nil, &start, bytes.count)
    }
    guard let key else { throw .taken(after: "d2i_PUBKEY") }
    guard Self.algorithms.contains(where: { EVP_PKEY_is_a(key, $0) == 1 }), EVP_PKEY_get_bits(key) <= 4_096 else {
      EVP_PKEY_free(key)
      throw OpenSSLError(operation: "d2i_PUBKEY", reasons: ["the key is of no kind that is taken"])
    }
    pointer = key
  }

  deinit { EVP_PKEY_free(pointer) }

  private static let algorithms = ["EC", "ED25519", "RSA"]

  /// Whether the signature is this key's of the message, with SHA-256 where the algorithm has no digest of its own.
  package func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard (1...Self.longestSignature).contains(signature.count), let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    let digest = EVP_PKEY_is_a(pointer, "ED25519") == 1 ? nil : EVP_sha256()
    guard EVP_DigestVerifyInit(context, nil, digest, nil, pointer) == 1 else { return false }
    return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

extension PrivateKey {
  /// Its public half, as certificates carry it.
  package func publicKeyDER() throws(OpenSSLError) -> [UInt8] {
    ERR_clear_error()
    var start: UnsafeMutablePointer<UInt8>?
    let count = i2d_PUBKEY(pointer, &start)
    defer { CRYPTO_free(start, #file, #line) }
    guard let start, count > 0 else { throw .taken(after: "i2d_PUBKEY") }
    return Array(UnsafeBufferPointer(start: start, count: Int(count)))
  }

  /// The signature of a message, with SHA-256 where the algorithm has no digest of its own.
  package func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    ERR_clear_error()
    let context = try OwnedObject(EVP_MD_CTX_new(), from: "EVP_MD_CTX_new", release: EVP_MD_CTX_free)
    try check(EVP_DigestSignInit(context.pointer, nil, signatureDigest, nil, pointer), "EVP_DigestSignInit")
    var signature = [UInt8](repeating: 0, count: SubjectPublicKey.longestSignature)
    var count = signature.count
    try check(EVP_DigestSign(context.pointer, &signature, &count, message, message.count), "EVP_DigestSign")
    return Array(signature.prefix(count))
  }
}
