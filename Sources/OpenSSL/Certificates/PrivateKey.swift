import COpenSSL

/// A private key. Its bytes never leave OpenSSL's memory unless they are asked for.
package final class PrivateKey: Sendable {
  // EVP_PKEY is reference-counted and locks what it caches; nothing here changes it.
  nonisolated(unsafe) let pointer: OpaquePointer

  /// Takes over one reference.
  init(owning pointer: OpaquePointer) { self.pointer = pointer }

  deinit { EVP_PKEY_free(pointer) }

  /// Reads the first key of a PEM text (PKCS #8, or a traditional form). Throws where there is none, or where it is encrypted: a node that
  /// starts by itself has nobody to ask for a passphrase.
  package static func parse(pem: [UInt8]) throws -> PrivateKey {
    ERR_clear_error()
    guard let bio = BIO_new_mem_buf(pem, Int32(clamping: pem.count)) else { throw OpenSSLError.taken(after: "BIO_new_mem_buf") }
    defer { BIO_free(bio) }
    guard let key = PEM_read_bio_PrivateKey(bio, nil, PEMText.noPassphrase, nil) else {
      throw OpenSSLError.taken(after: "PEM_read_bio_PrivateKey")
    }
    return PrivateKey(owning: key)
  }

  /// Whether it is the key of the certificate.
  package func matches(_ certificate: Certificate) -> Bool {
    ERR_clear_error()
    defer { ERR_clear_error() }
    return X509_check_private_key(certificate.pointer, pointer) == 1
  }
}
