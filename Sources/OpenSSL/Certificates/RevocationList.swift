import COpenSSL

/// A list of revoked certificates (CRL, RFC 5280 section 5). Immutable.
package final class RevocationList: Sendable {
  // X509_CRL is reference-counted and locks what it caches; nothing here changes it.
  nonisolated(unsafe) let pointer: OpaquePointer

  /// Takes over one reference.
  init(owning pointer: OpaquePointer) { self.pointer = pointer }

  deinit { X509_CRL_free(pointer) }

  /// The lists of a PEM text, in their order; other blocks are passed over. Throws where one is damaged.
  package static func all(pem: [UInt8]) throws(OpenSSLError) -> [RevocationList] {
    try PEMText(pem).all { PEM_read_bio_X509_CRL($0, nil, PEMText.noPassphrase, nil) }.map(RevocationList.init(owning:))
  }

  /// The PEM form: one block.
  package var pem: String { PEMText.written { PEM_write_bio_X509_CRL($0, pointer) } }

  /// Who signed it, as one line.
  package var issuer: String { DistinguishedName.line(X509_CRL_get_issuer(pointer)) }
  /// When it was made, in seconds since 1970.
  package var thisUpdate: Int64 { UnixTime.seconds(X509_CRL_get0_lastUpdate(pointer)) ?? .max }
  /// When the next one is due, in seconds since 1970; nil where it does not say.
  package var nextUpdate: Int64? { UnixTime.seconds(X509_CRL_get0_nextUpdate(pointer)) }

  /// Whether this certificate's key signed it.
  package func isSigned(by issuer: Certificate) -> Bool {
    ERR_clear_error()
    defer { ERR_clear_error() }
    return X509_NAME_cmp(X509_CRL_get_issuer(pointer), X509_get_subject_name(issuer.pointer)) == 0
      && X509_CRL_verify(pointer, X509_get0_pubkey(issuer.pointer)) == 1
  }
}
