import COpenSSL

/// An X.509 certificate in the making. Made first, then told everything, signed last.
struct CertificateBuilder {
  private let certificate: OwnedObject<OpaquePointer>

  /// A certificate with the description's subject, time and uses, for a key, with a random serial of 128 bits; nobody has signed it yet.
  init(_ description: CertificateDescription, for key: PrivateKey) throws {
    guard description.notBefore < description.notAfter else { throw IssuingError.neverValid }
    ERR_clear_error()
    certificate = try OwnedObject(X509_new(), from: "X509_new", release: X509_free)
    try check(X509_set_version(certificate.pointer, Int(X509_VERSION_3)), "X509_set_version")
    try check(X509_set_pubkey(certificate.pointer, key.pointer), "X509_set_pubkey")
    try setSerial()
    try setTime(description)
    try setSubject(description)
    try addUses(description)
  }

  /// Has the issuer sign it.
  /// - Parameter issuer: the certificate of who signs; nil for one that signs itself.
  func sign(as issuer: Certificate?, with key: PrivateKey) throws(OpenSSLError) -> Certificate {
    let signer = issuer?.pointer ?? certificate.pointer
    try check(X509_set_issuer_name(certificate.pointer, X509_get_subject_name(signer)), "X509_set_issuer_name")
    try addKeyIdentifiers(signer)
    try check(X509_sign(certificate.pointer, key.pointer, key.signatureDigest), "X509_sign")
    // Read back: what is cached of a certificate in the making is not what a reader finds.
    return try Certificate(der: encoded())
  }

  private func encoded() throws(OpenSSLError) -> [UInt8] {
    var start: UnsafeMutablePointer<UInt8>?
    let count = i2d_X509(certificate.pointer, &start)
    defer { CRYPTO_free(start, #fileID, #line) }
    guard let start, count > 0 else { throw .taken(after: "i2d_X509") }
    return Array(UnsafeBufferPointer(start: start, count: Int(count)))
  }

  private func setSerial() throws(OpenSSLError) {
    var bytes = [UInt8](repeating: 0, count: 16)
    try check(RAND_bytes(&bytes, Int32(bytes.count)), "RAND_bytes")
    let serial = try ASN1.integer(bytes)
    try check(X509_set_serialNumber(certificate.pointer, serial.pointer), "X509_set_serialNumber")
  }

  private func setTime(_ description: CertificateDescription) throws(OpenSSLError) {
    let (begin, end) = (try ASN1.time(description.notBefore), try ASN1.time(description.notAfter))
    try check(X509_set1_notBefore(certificate.pointer, begin.pointer), "X509_set1_notBefore")
    try check(X509_set1_notAfter(certificate.pointer, end.pointer), "X509_set1_notAfter")
  }

  private func setSubject(_ description: CertificateDescription) throws {
    guard let name = description.commonName else { return }
    let bytes = Array(name.utf8)
    guard 1...64 ~= name.unicodeScalars.count, !bytes.contains(0) else { throw IssuingError.badCommonName(name) }
    try check(
      X509_NAME_add_entry_by_NID(
        X509_get_subject_name(certificate.pointer), NID_commonName, MBSTRING_UTF8, bytes, Int32(bytes.count), -1, 0),
      "X509_NAME_add_entry_by_NID")
  }

  private func addUses(_ description: CertificateDescription) throws {
    try addBasicConstraints(description)
    if !description.keyUsage.isEmpty {
      let bits = try ASN1.bits(UInt(description.keyUsage.rawValue))
      try add(NID_key_usage, bits, isCritical: true)
    }
    if !description.purposes.isEmpty {
      try add(NID_ext_key_usage, try ASN1.purposes(description.purposes))
    }
    if !description.alternativeNames.isEmpty {
      // RFC 5280: critical where there is no other name.
      let names = try ASN1.alternativeNames(description.alternativeNames)
      try add(NID_subject_alt_name, names, isCritical: description.commonName == nil)
    }
  }

  private func addBasicConstraints(_ description: CertificateDescription) throws(OpenSSLError) {
    let constraints = try OwnedObject(BASIC_CONSTRAINTS_new(), from: "BASIC_CONSTRAINTS_new", release: BASIC_CONSTRAINTS_free)
    constraints.pointer.pointee.ca = description.isAuthority ? 0xFF : 0
    if description.isAuthority, let length = description.pathLength {
      let number = try ASN1.integer(UInt64(clamping: length))
      constraints.pointer.pointee.pathlen = number.pointer
      number.wasHandedOn()
    }
    try add(NID_basic_constraints, constraints, isCritical: true)
  }

  private func addKeyIdentifiers(_ issuer: OpaquePointer) throws(OpenSSLError) {
    let own = try ASN1.keyIdentifier(of: certificate.pointer)
    try add(NID_subject_key_identifier, own)
    let authority = try ASN1.authorityKeyIdentifier(of: issuer)
    try add(NID_authority_key_identifier, authority)
  }

  private func add(
    _ extensionID: Int32, _ value: OwnedObject<some CPointer>, isCritical: Bool = false
  ) throws(OpenSSLError) {
    // The pointer is the last use of a value made on the spot, and the call needs what it points to.
    let result = withExtendedLifetime(value) {
      X509_add1_ext_i2d(certificate.pointer, extensionID, value.pointer.raw, isCritical ? 1 : 0, 0)
    }
    try check(result, "X509_add1_ext_i2d")
  }
}
