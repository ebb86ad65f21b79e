import COpenSSL

/// Keys of Ed25519 (RFC 8032) in their raw form, as configuration files and messages carry them.
package enum Ed25519 {
  /// Bytes of a public key, and of the seed that a private key is made from.
  package static let keyByteCount = 32
  /// Bytes of a signature.
  package static let signatureByteCount = 64

  /// The key that signatures are checked with.
  package final class PublicKey: Sendable {
    // EVP_PKEY is reference-counted and locks what it caches; nothing here changes it.
    nonisolated(unsafe) private let pointer: OpaquePointer
    /// The key, 32 bytes.
    package let bytes: [UInt8]

    /// Throws where there are not exactly 32 bytes.
    package init(_ bytes: [UInt8]) throws(OpenSSLError) {
      ERR_clear_error()
      guard bytes.count == keyByteCount, let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else {
        throw .taken(after: "EVP_PKEY_new_raw_public_key")
      }
      (pointer, self.bytes) = (key, bytes)
    }

    deinit { EVP_PKEY_free(pointer) }

    /// Whether the signature is this key's of the message. Bytes of any length are taken.
    package func isValid(_ signature: [UInt8], of message: [UInt8]) -> Bool {
      ERR_clear_error()
      defer { ERR_clear_error() }
      guard signature.count == signatureByteCount, let context = EVP_MD_CTX_new() else { return false }
      defer { EVP_MD_CTX_free(context) }
      guard EVP_DigestVerifyInit(context, nil, nil, nil, pointer) == 1 else { return false }
      return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
  }

  /// The key that signs. Its seed is kept beside OpenSSL's own form, since files want it.
  package final class PrivateKey: Sendable {
    nonisolated(unsafe) private let pointer: OpaquePointer
    /// What the key is made from, 32 bytes: the secret.
    package let seed: [UInt8]
    /// The key to check its signatures with.
    package let publicKey: PublicKey

    /// Throws where there are not exactly 32 bytes.
    package init(seed: [UInt8]) throws(OpenSSLError) {
      ERR_clear_error()
      guard seed.count == keyByteCount, let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
        throw .taken(after: "EVP_PKEY_new_raw_private_key")
      }
      do throws(OpenSSLError) {
        publicKey = try PublicKey(Self.publicBytes(key))
      } catch {
        EVP_PKEY_free(key)
        throw error
      }
      (pointer, self.seed) = (key, seed)
    }

    deinit { EVP_PKEY_free(pointer) }

    /// A new key from the system's random numbers.
    package static func generate() throws(OpenSSLError) -> PrivateKey { try PrivateKey(seed: SecretBytes.random(keyByteCount)) }

    /// The signature of a message, 64 bytes.
    package func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
      ERR_clear_error()
      let context = try OwnedObject(EVP_MD_CTX_new(), from: "EVP_MD_CTX_new", release: EVP_MD_CTX_free)
      try check(EVP_DigestSignInit(context.pointer, nil, nil, nil, pointer), "EVP_DigestSignInit")
      var signature = [UInt8](repeating: 0, count: signatureByteCount)
      var count = signature.count
      try check(EVP_DigestSign(context.pointer, &signature, &count, message, message.count), "EVP_DigestSign")
      return signature
    }

    private static func publicBytes(_ key: OpaquePointer) throws(OpenSSLError) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: keyByteCount)
      var count = bytes.count
      try check(EVP_PKEY_get_raw_public_key(key, &bytes, &count), "EVP_PKEY_get_raw_public_key")
      return bytes
    }
  }
}
