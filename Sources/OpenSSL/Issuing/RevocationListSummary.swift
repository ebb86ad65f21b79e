import COpenSSL

/// What a revocation list says, as plain values. Nothing here judges it.
package struct RevocationListSummary: Sendable, Hashable {
  /// As people write it: `CN=Corp Granary CA`.
  package let issuer: String
  /// nil where the list has none, or one beyond 64 bits.
  package let number: UInt64?
  /// When it was made, in Unix seconds.
  package let thisUpdate: Int64
  /// When it ceases to be good, in Unix seconds; nil where it does not say.
  package let nextUpdate: Int64?
  /// The serials of what is revoked, the most significant byte first.
  package let serials: [[UInt8]]

  /// Reads the first list of a PEM file.
  package init(pem: [UInt8]) throws(OpenSSLError) {
    let input = try MemoryBIO(pem)
    let list = try OwnedObject(
      PEM_read_bio_X509_CRL(input.pointer, nil, { _, _, _, _ in -1 }, nil), from: "PEM_read_bio_X509_CRL", release: X509_CRL_free)
    issuer = try DistinguishedName.text(X509_CRL_get_issuer(list.pointer))
    number = Self.number(of: list.pointer)
    thisUpdate = try ASN1.seconds(X509_CRL_get0_lastUpdate(list.pointer))
    nextUpdate = try X509_CRL_get0_nextUpdate(list.pointer).map { end throws(OpenSSLError) in try ASN1.seconds(end) }
    serials = try Self.serials(of: list.pointer)
  }

  private static func number(of list: OpaquePointer) -> UInt64? {
    guard let found = X509_CRL_get_ext_d2i(list, NID_crl_number, nil, nil) else { return nil }
    let number = found.assumingMemoryBound(to: asn1_string_st.self)
    defer { ASN1_INTEGER_free(number) }
    var value: UInt64 = 0
    guard ASN1_INTEGER_get_uint64(&value, number) == 1 else {
      ERR_clear_error()
      return nil
    }
    return value
  }

  private static func serials(of list: OpaquePointer) throws(OpenSSLError) -> [[UInt8]] {
    guard let revoked = X509_CRL_get_REVOKED(list) else { return [] }
    var serials: [[UInt8]] = []
    for index in 0..<max(0, OPENSSL_sk_num(revoked)) {
      guard let entry = OPENSSL_sk_value(revoked, index) else { continue }
      serials.append(try ASN1.bytes(ofInteger: X509_REVOKED_get0_serialNumber(OpaquePointer(entry))))
    }
    return serials
  }
}
