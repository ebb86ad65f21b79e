import COpenSSL

extension RevocationList {
  /// Its number: higher than that of every earlier list of the same authority. nil where it has none, or one beyond 64 bits.
  package var number: UInt64? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let found = X509_CRL_get_ext_d2i(pointer, NID_crl_number, nil, nil) else { return nil }
    let number = found.assumingMemoryBound(to: ASN1_INTEGER.self)
    defer { ASN1_INTEGER_free(number) }
    var value: UInt64 = 0
    return ASN1_INTEGER_get_uint64(&value, number) == 1 ? value : nil
  }

  /// The serials of what is revoked, as `Certificate` writes them.
  package var serials: [String] {
    guard let revoked = X509_CRL_get_REVOKED(pointer) else { return [] }
    return (0..<max(0, OPENSSL_sk_num(revoked))).compactMap { index in
      OPENSSL_sk_value(revoked, index).map { SerialNumber.hex(X509_REVOKED_get0_serialNumber(OpaquePointer($0))) }
    }
  }
}
