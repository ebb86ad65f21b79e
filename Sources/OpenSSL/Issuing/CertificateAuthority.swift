import COpenSSL

/// A certificate with its key that may sign others: a root, or an intermediate below one.
// Sendable: the X509 is not changed once it is read.
package final class CertificateAuthority: @unchecked Sendable {
  /// Its certificate.
  package let der: [UInt8]
  /// Its certificate as PEM.
  package let pem: [UInt8]
  /// Its key.
  package let key: SigningKey
  let pointer: OpaquePointer

  /// An authority from its certificate and key.
  /// - Throws: `IssuingError` where the certificate is not an authority's or the key not its own, else `OpenSSLError`.
  package init(der: [UInt8], key: SigningKey) throws {
    let certificate = try Self.parse(der)
    guard X509_check_ca(certificate.pointer) == 1 else { throw IssuingError.notAnAuthority }
    guard X509_check_private_key(certificate.pointer, key.pointer) == 1 else {
      ERR_clear_error()
      throw IssuingError.keyMismatch
    }
    pem = try PEM.encode(der, label: "CERTIFICATE")
    (self.der, self.key, pointer) = (der, key, certificate.pointer)
    certificate.wasHandedOn()
  }

  deinit {
    X509_free(pointer)
  }

  /// A root: an authority that vouches for itself.
  package static func root(_ description: CertificateDescription, key: SigningKey) throws -> CertificateAuthority {
    let der = try CertificateBuilder(description, for: key).sign(as: nil, with: key)
    return try CertificateAuthority(der: der, key: key)
  }

  /// Signs a certificate for somebody's key; gives DER.
  /// - Throws: `IssuingError` where the description cannot be had, else `OpenSSLError`.
  package func issue(_ description: CertificateDescription, for key: SigningKey) throws -> [UInt8] {
    try CertificateBuilder(description, for: key).sign(as: pointer, with: self.key)
  }

  /// An authority below this one.
  package func intermediate(_ description: CertificateDescription, key: SigningKey) throws -> CertificateAuthority {
    try CertificateAuthority(der: try issue(description, for: key), key: key)
  }

  private static func parse(_ der: [UInt8]) throws(OpenSSLError) -> OwnedObject<OpaquePointer> {
    try der.withUnsafeBufferPointer { buffer throws(OpenSSLError) in
      var start = buffer.baseAddress
      return try OwnedObject(d2i_X509(nil, &start, buffer.count), from: "d2i_X509", release: X509_free)
    }
  }
}
