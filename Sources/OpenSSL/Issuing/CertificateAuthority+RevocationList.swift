import COpenSSL

extension CertificateAuthority {
  /// Signs a list of what is revoked; its entries in the order of their serials.
  package func revocationList(_ description: RevocationListDescription) throws -> RevocationList {
    guard description.thisUpdate < description.nextUpdate else { throw IssuingError.neverValid }
    ERR_clear_error()
    let list = try OwnedObject(X509_CRL_new(), from: "X509_CRL_new", release: X509_CRL_free)
    try check(X509_CRL_set_version(list.pointer, Int(X509_CRL_VERSION_2)), "X509_CRL_set_version")
    try check(X509_CRL_set_issuer_name(list.pointer, X509_get_subject_name(certificate.pointer)), "X509_CRL_set_issuer_name")
    let (begin, end) = (try ASN1.time(description.thisUpdate), try ASN1.time(description.nextUpdate))
    try check(X509_CRL_set1_lastUpdate(list.pointer, begin.pointer), "X509_CRL_set1_lastUpdate")
    try check(X509_CRL_set1_nextUpdate(list.pointer, end.pointer), "X509_CRL_set1_nextUpdate")
    for entry in description.entries { try Self.add(entry, to: list.pointer) }
    try addExtensions(number: description.number, to: list.pointer)
    try check(X509_CRL_sort(list.pointer), "X509_CRL_sort")
    try check(X509_CRL_sign(list.pointer, key.pointer, key.signatureDigest), "X509_CRL_sign")
    return try Self.readBack(list.pointer)
  }

  /// Read anew, so that nothing is cached of a list in the making.
  private static func readBack(_ list: OpaquePointer) throws(OpenSSLError) -> RevocationList {
    let text = PEMText.written { PEM_write_bio_X509_CRL($0, list) }
    guard let read = try RevocationList.all(pem: Array(text.utf8)).first else { throw .taken(after: "PEM_write_bio_X509_CRL") }
    return read
  }

  private func addExtensions(number: UInt64, to list: OpaquePointer) throws(OpenSSLError) {
    let identifier = try ASN1.authorityKeyIdentifier(of: certificate.pointer)
    let result = X509_CRL_add1_ext_i2d(list, NID_authority_key_identifier, identifier.pointer, 0, 0)
    try check(result, "X509_CRL_add1_ext_i2d")
    let number = try ASN1.integer(number)
    try check(X509_CRL_add1_ext_i2d(list, NID_crl_number, number.pointer, 0, 0), "X509_CRL_add1_ext_i2d")
  }

  private static func add(_ entry: RevocationListDescription.Entry, to list: OpaquePointer) throws(OpenSSLError) {
    let revoked = try OwnedObject(X509_REVOKED_new(), from: "X509_REVOKED_new", release: X509_REVOKED_free)
    let (serial, date) = (try ASN1.integer(hex: entry.serial), try ASN1.time(entry.date))
    try check(X509_REVOKED_set_serialNumber(revoked.pointer, serial.pointer), "X509_REVOKED_set_serialNumber")
    try check(X509_REVOKED_set_revocationDate(revoked.pointer, date.pointer), "X509_REVOKED_set_revocationDate")
    if let reason = entry.reason {
      let value = try ASN1.enumerated(reason.rawValue)
      try check(X509_REVOKED_add1_ext_i2d(revoked.pointer, NID_crl_reason, value.pointer, 0, 0), "X509_REVOKED_add1_ext_i2d")
    }
    try check(X509_CRL_add0_revoked(list, revoked.pointer), "X509_CRL_add0_revoked")
    revoked.wasHandedOn()
  }
}
