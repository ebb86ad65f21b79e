import COpenSSL

/// What the judged peer is on the link.
package enum PeerRole: Sendable, Hashable {
  case client, server

  /// OpenSSL's number of the purpose.
  var purpose: Int32 { self == .client ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER }
}

/// Why a peer's certificate is not taken.
package struct CertificateRejection: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable, CaseIterable {
    /// The peer showed none.
    case missing
    /// No trusted authority stands behind it.
    case untrusted
    case expired
    case notYetValid = "not-yet-valid"
    case revoked
    /// A certificate of the chain has no list of revocations from its issuer.
    case noRevocationList = "no-revocation-list"
    /// The list of revocations is out of date.
    case staleRevocationList = "stale-revocation-list"
    /// It may not be used by a peer in this role.
    case wrongPurpose = "wrong-purpose"
    /// It is of another name than the one asked for.
    case wrongName = "wrong-name"
    case malformed
  }

  package let code: Code
  /// In words, with who the certificate says that it is of. That part is the peer's text: escape it.
  package let reason: String

  package init(_ code: Code, _ reason: String) {
    (self.code, self.reason) = (code, reason)
  }

  package var description: String { reason }

  /// What OpenSSL's verification found at a certificate.
  init(error: Int32, at certificate: Certificate?) {
    let text = X509_verify_cert_error_string(Int(error)).map { String(cString: $0) } ?? "error \(error)"
    self.init(Self.code(of: error), certificate.map { "\(text): \($0.subject)" } ?? text)
  }

  private static func code(of error: Int32) -> Code {
    switch error {
    case X509_V_ERR_CERT_HAS_EXPIRED: .expired
    case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid
    case X509_V_ERR_CERT_REVOKED: .revoked
    case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, X509_V_ERR_CRL_SIGNATURE_FAILURE,
      X509_V_ERR_DIFFERENT_CRL_SCOPE:
      .noRevocationList
    case X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID, X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD,
      X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
      .staleRevocationList
    case X509_V_ERR_INVALID_PURPOSE: .wrongPurpose
    default: .untrusted
    }
  }
}
