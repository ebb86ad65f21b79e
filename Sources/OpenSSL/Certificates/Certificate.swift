import COpenSSL

/// An X.509 certificate (RFC 5280). Immutable.
package final class Certificate: Sendable {
  // X509 is reference-counted and locks what it caches; nothing here changes it.
  nonisolated(unsafe) let pointer: OpaquePointer

  /// Takes over one reference.
  init(owning pointer: OpaquePointer) {
    self.pointer = pointer
    // Caches the extensions now, so that later readers on several threads find them there.
    _ = X509_check_purpose(pointer, -1, 0)
  }

  /// Shares a certificate that somebody else holds.
  convenience init?(sharing pointer: OpaquePointer?) {
    guard let pointer, X509_up_ref(pointer) == 1 else { return nil }
    self.init(owning: pointer)
  }

  /// Reads one from its DER form; throws where it is none, or where bytes are left over.
  package convenience init(der: [UInt8]) throws(OpenSSLError) {
    ERR_clear_error()
    let (decoded, isWhole) = der.withUnsafeBufferPointer { bytes in
      var start = bytes.baseAddress
      let decoded = d2i_X509(nil, &start, bytes.count)
      return (decoded, start == bytes.baseAddress.map { $0 + bytes.count })
    }
    guard let decoded else { throw .taken(after: "d2i_X509") }
    self.init(owning: decoded)
    guard isWhole else { throw OpenSSLError(operation: "d2i_X509", reasons: ["bytes follow the certificate"]) }
  }

  deinit { X509_free(pointer) }

  /// The certificates of a PEM text, in their order; other blocks are passed over. Throws where one is damaged.
  package static func all(pem: [UInt8]) throws(OpenSSLError) -> [Certificate] {
    try PEMText(pem).all { PEM_read_bio_X509($0, nil, PEMText.noPassphrase, nil) }.map(Certificate.init(owning:))
  }

  /// The DER form.
  package var der: [UInt8] {
    var start: UnsafeMutablePointer<UInt8>?
    let count = i2d_X509(pointer, &start)
    defer { CRYPTO_free(start, #file, #line) }
    guard let start, count > 0 else { return [] }
    return Array(UnsafeBufferPointer(start: start, count: Int(count)))
  }

  /// The PEM form: one block.
  package var pem: String { PEMText.written { PEM_write_bio_X509($0, pointer) } }

  /// Who it is of, as one line (RFC 2253).
  package var subject: String { DistinguishedName.line(X509_get_subject_name(pointer)) }
  /// Who signed it, as one line.
  package var issuer: String { DistinguishedName.line(X509_get_issuer_name(pointer)) }
  /// The common names of its subject, in their order.
  package var commonNames: [String] { DistinguishedName.commonNames(X509_get_subject_name(pointer)) }
  /// The serial number, in upper-case hex.
  package var serial: String { SerialNumber.hex(X509_get0_serialNumber(pointer)) }

  /// Names of hosts among its alternative names (SAN dNSName), in their order.
  package var dnsNames: [String] { alternativeNames(GEN_DNS) }
  /// URIs among its alternative names, in their order.
  package var uris: [String] { alternativeNames(GEN_URI) }

  /// The first moment at which it is valid, in seconds since 1970.
  package var notBefore: Int64 { UnixTime.seconds(X509_get0_notBefore(pointer)) ?? .max }
  /// The last moment at which it is valid, in seconds since 1970.
  package var notAfter: Int64 { UnixTime.seconds(X509_get0_notAfter(pointer)) ?? .min }

  /// Whether it may sign others: basic constraints say so.
  package var isAuthority: Bool { X509_check_ca(pointer) == 1 }

  /// Whether subject and issuer are one, and its key signed it.
  package var isSelfSigned: Bool { X509_self_signed(pointer, 1) == 1 }

  /// Whether the certificate's key signed this one.
  package func isSigned(by issuer: Certificate) -> Bool {
    ERR_clear_error()
    defer { ERR_clear_error() }
    return X509_check_issued(issuer.pointer, pointer) == X509_V_OK && X509_verify(pointer, X509_get0_pubkey(issuer.pointer)) == 1
  }

  /// Whether a peer in this role may use it: extended key usage, where there is any, and key usage.
  package func isFit(for role: PeerRole) -> Bool { X509_check_purpose(pointer, role.purpose, 0) == 1 }

  /// SHA-256 of its public key with algorithm (SubjectPublicKeyInfo), as RFC 7469 pins keys.
  package var spkiSHA256: [UInt8] {
    var start: UnsafeMutablePointer<UInt8>?
    let count = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(pointer), &start)
    defer { CRYPTO_free(start, #file, #line) }
    guard let start, count > 0 else { return [] }
    return SHA256Hasher.hash(UnsafeRawBufferPointer(start: start, count: Int(count)))
  }

  private func alternativeNames(_ kind: Int32) -> [String] {
    guard let names = granary_x509_alternative_names(pointer) else { return [] }
    defer { granary_names_free(names) }
    return (0..<granary_names_count(names)).compactMap { index in
      var (bytes, length): (UnsafePointer<UInt8>?, Int32) = (nil, 0)
      guard granary_names_at(names, index, &bytes, &length) == kind, let bytes, length > 0 else { return nil }
      return String(validating: UnsafeBufferPointer(start: bytes, count: Int(length)), as: UTF8.self)
    }
  }
}

extension Certificate: Hashable {
  package static func == (one: Certificate, other: Certificate) -> Bool { X509_cmp(one.pointer, other.pointer) == 0 }

  package func hash(into hasher: inout Hasher) { hasher.combine(X509_issuer_and_serial_hash(pointer)) }
}
