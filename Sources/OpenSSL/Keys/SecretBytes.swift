import COpenSSL

/// What secrets need: random bytes, a code under a shared key, a comparison that does not tell how far it came.
package enum SecretBytes {
  /// Bytes from OpenSSL's generator, which the system seeds.
  package static func random(_ count: Int) throws(OpenSSLError) -> [UInt8] {
    ERR_clear_error()
    var bytes = [UInt8](repeating: 0, count: max(0, count))
    try check(RAND_bytes(&bytes, Int32(clamping: bytes.count)), "RAND_bytes")
    return bytes
  }

  /// HMAC-SHA-256 (RFC 2104) of a message, 32 bytes.
  package static func code(_ message: [UInt8], key: [UInt8]) throws(OpenSSLError) -> [UInt8] {
    ERR_clear_error()
    var code = [UInt8](repeating: 0, count: SHA256Hasher.byteCount)
    var count: UInt32 = 0
    guard HMAC(EVP_sha256(), key, Int32(clamping: key.count), message, message.count, &code, &count) != nil else {
      throw .taken(after: "HMAC")
    }
    return code
  }

  /// Whether both are equal, in a time that depends on their lengths alone.
  package static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
  }
}
