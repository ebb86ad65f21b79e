import COpenSSL

/// A certificate with its key that may sign others: a root, or an intermediate below one.
package struct CertificateAuthority: Sendable {
  package let certificate: Certificate
  package let key: PrivateKey

  /// Throws `IssuingError` where the certificate is not an authority's, or the key not its own.
  package init(certificate: Certificate, key: PrivateKey) throws(IssuingError) {
    guard certificate.isAuthority else { throw .notAnAuthority }
    guard key.matches(certificate) else { throw .keyMismatch }
    (self.certificate, self.key) = (certificate, key)
  }

  /// A root: an authority that vouches for itself.
  package static func root(_ description: CertificateDescription, key: PrivateKey) throws -> CertificateAuthority {
    let certificate = try CertificateBuilder(description, for: key).sign(as: nil, with: key)
    return try CertificateAuthority(certificate: certificate, key: key)
  }

  /// Signs a certificate for somebody's key.
  /// - Throws: `IssuingError` where the description cannot be had, else `OpenSSLError`.
  package func issue(_ description: CertificateDescription, for key: PrivateKey) throws -> Certificate {
    try CertificateBuilder(description, for: key).sign(as: certificate, with: self.key)
  }

  /// An authority below this one.
  package func intermediate(_ description: CertificateDescription, key: PrivateKey) throws -> CertificateAuthority {
    try CertificateAuthority(certificate: try issue(description, for: key), key: key)
  }
}
