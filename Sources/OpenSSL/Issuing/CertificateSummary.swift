import COpenSSL

/// What a certificate says, as plain values: what an authority's books and its owner's eyes need of it. Nothing here judges it.
package struct CertificateSummary: Sendable, Hashable {
  /// As people write it, in UTF-8: `CN=edge-7`.
  package let subject: String
  /// As `subject`.
  package let issuer: String
  /// The most significant byte first.
  package let serial: [UInt8]
  package let commonNames: [String]
  package let dnsNames: [String]
  package let uris: [String]
  /// SHA-256 of the key with its algorithm (SubjectPublicKeyInfo).
  package let spkiSHA256: [UInt8]
  /// Unix seconds.
  package let notBefore: Int64
  /// Unix seconds.
  package let notAfter: Int64
  package let isAuthority: Bool
  package let der: [UInt8]

  /// Reads a certificate.
  package init(der: [UInt8]) throws(OpenSSLError) {
    try self.init(
      try der.withUnsafeBufferPointer { buffer throws(OpenSSLError) in
        var start = buffer.baseAddress
        return try OwnedObject(d2i_X509(nil, &start, buffer.count), from: "d2i_X509", release: X509_free)
      })
  }

  /// Reads the first certificate of a PEM file.
  package init(pem: [UInt8]) throws(OpenSSLError) {
    let input = try MemoryBIO(pem)
    try self.init(
      OwnedObject(PEM_read_bio_X509(input.pointer, nil, { _, _, _, _ in -1 }, nil), from: "PEM_read_bio_X509", release: X509_free))
  }

  private init(_ certificate: OwnedObject<OpaquePointer>) throws(OpenSSLError) {
    let pointer = certificate.pointer
    subject = try DistinguishedName.text(X509_get_subject_name(pointer))
    issuer = try DistinguishedName.text(X509_get_issuer_name(pointer))
    serial = try ASN1.bytes(ofInteger: X509_get0_serialNumber(pointer))
    commonNames = DistinguishedName.commonNames(X509_get_subject_name(pointer))
    let names = ASN1.alternativeNames(of: pointer)
    (dnsNames, uris) = (names.dns, names.uris)
    let key = try ASN1.encode("i2d_X509_PUBKEY") { i2d_X509_PUBKEY(X509_get_X509_PUBKEY(pointer), $0) }
    spkiSHA256 = key.withUnsafeBytes { SHA256Hasher.hash($0) }
    notBefore = try ASN1.seconds(X509_get0_notBefore(pointer))
    notAfter = try ASN1.seconds(X509_get0_notAfter(pointer))
    isAuthority = X509_check_ca(pointer) == 1
    der = try ASN1.encode("i2d_X509") { i2d_X509(pointer, $0) }
  }
}
