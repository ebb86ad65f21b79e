import COpenSSL

/// A pointer to an object of OpenSSL, whether Swift sees what is in it or not.
protocol CPointer {
  var raw: UnsafeMutableRawPointer { get }
}

extension OpaquePointer: CPointer {
  var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(self) }
}

extension UnsafeMutablePointer: CPointer {
  var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(self) }
}

/// Values as certificates and lists hold them.
enum ASN1 {
  typealias Text = OwnedObject<UnsafeMutablePointer<asn1_string_st>>

  /// The number that these bytes are, the most significant first.
  static func integer(_ bytes: [UInt8]) throws(OpenSSLError) -> Text {
    let number = try OwnedObject(BN_bin2bn(bytes, Int32(clamping: bytes.count), nil), from: "BN_bin2bn", release: BN_free)
    return try Text(BN_to_ASN1_INTEGER(number.pointer, nil), from: "BN_to_ASN1_INTEGER", release: ASN1_INTEGER_free)
  }

  /// The number that this hex writes.
  static func integer(hex: String) throws(OpenSSLError) -> Text {
    var parsed: OpaquePointer?
    let count = BN_hex2bn(&parsed, hex)
    let number = try OwnedObject(parsed, from: "BN_hex2bn", release: BN_free)
    guard count == hex.utf8.count else { throw OpenSSLError(operation: "BN_hex2bn", reasons: ["'\(hex)' is no hex"]) }
    return try Text(BN_to_ASN1_INTEGER(number.pointer, nil), from: "BN_to_ASN1_INTEGER", release: ASN1_INTEGER_free)
  }

  static func integer(_ value: UInt64) throws(OpenSSLError) -> Text {
    let number = try Text(ASN1_INTEGER_new(), from: "ASN1_INTEGER_new", release: ASN1_INTEGER_free)
    try check(ASN1_INTEGER_set_uint64(number.pointer, value), "ASN1_INTEGER_set_uint64")
    return number
  }

  static func enumerated(_ value: Int) throws(OpenSSLError) -> Text {
    let number = try Text(ASN1_ENUMERATED_new(), from: "ASN1_ENUMERATED_new", release: ASN1_ENUMERATED_free)
    try check(ASN1_ENUMERATED_set(number.pointer, value), "ASN1_ENUMERATED_set")
    return number
  }

  /// A moment in Unix seconds.
  static func time(_ seconds: Int64) throws(OpenSSLError) -> Text {
    try Text(ASN1_TIME_set(nil, Int(seconds)), from: "ASN1_TIME_set", release: ASN1_TIME_free)
  }

  /// A bit string whose bit n is set where `value` has 1 << n.
  static func bits(_ value: UInt) throws(OpenSSLError) -> Text {
    let bits = try Text(ASN1_BIT_STRING_new(), from: "ASN1_BIT_STRING_new", release: ASN1_BIT_STRING_free)
    for bit in 0..<16 where value & (1 << bit) != 0 {
      try check(ASN1_BIT_STRING_set_bit(bits.pointer, Int32(bit), 1), "ASN1_BIT_STRING_set_bit")
    }
    return bits
  }

  static func octets(_ bytes: [UInt8]) throws(OpenSSLError) -> Text {
    let octets = try Text(ASN1_OCTET_STRING_new(), from: "ASN1_OCTET_STRING_new", release: ASN1_OCTET_STRING_free)
    try check(ASN1_OCTET_STRING_set(octets.pointer, bytes, Int32(clamping: bytes.count)), "ASN1_OCTET_STRING_set")
    return octets
  }

  /// The identifier of a certificate's key: SHA-1 of its bits, as RFC 5280 proposes. A name, not a proof.
  static func keyIdentifier(of certificate: OpaquePointer) throws(OpenSSLError) -> Text {
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    try check(X509_pubkey_digest(certificate, EVP_sha1(), &digest, &count), "X509_pubkey_digest")
    return try octets(Array(digest.prefix(Int(count))))
  }

  static func authorityKeyIdentifier(
    of issuer: OpaquePointer
  ) throws(OpenSSLError) -> OwnedObject<UnsafeMutablePointer<AUTHORITY_KEYID>> {
    let identifier = try OwnedObject(AUTHORITY_KEYID_new(), from: "AUTHORITY_KEYID_new", release: AUTHORITY_KEYID_free)
    let key = try keyIdentifier(of: issuer)
    identifier.pointer.pointee.keyid = key.pointer
    key.wasHandedOn()
    return identifier
  }

  static func purposes(_ purposes: [CertificateDescription.Purpose]) throws(OpenSSLError) -> OwnedObject<OpaquePointer> {
    let list = try OwnedObject(EXTENDED_KEY_USAGE_new(), from: "EXTENDED_KEY_USAGE_new", release: EXTENDED_KEY_USAGE_free)
    for purpose in purposes {
      // These objects are OpenSSL's own and are not freed.
      guard let object = OBJ_nid2obj(purpose == .serverAuth ? NID_server_auth : NID_client_auth) else {
        throw .taken(after: "OBJ_nid2obj")
      }
      try check(OPENSSL_sk_push(list.pointer, UnsafeRawPointer(object)), "OPENSSL_sk_push")
    }
    return list
  }

  static func alternativeNames(_ names: [CertificateDescription.AlternativeName]) throws -> OwnedObject<OpaquePointer> {
    let list = try OwnedObject(GENERAL_NAMES_new(), from: "GENERAL_NAMES_new", release: GENERAL_NAMES_free)
    for name in names {
      let entry = try OwnedObject(GENERAL_NAME_new(), from: "GENERAL_NAME_new", release: GENERAL_NAME_free)
      let (kind, text) = try value(of: name)
      GENERAL_NAME_set0_value(entry.pointer, kind, text.pointer)
      text.wasHandedOn()
      try check(OPENSSL_sk_push(list.pointer, UnsafeRawPointer(entry.pointer)), "OPENSSL_sk_push")
      entry.wasHandedOn()
    }
    return list
  }

  private static func value(of name: CertificateDescription.AlternativeName) throws -> (kind: Int32, Text) {
    switch name {
    case .dns(let host): return (GEN_DNS, try ascii(host))
    case .uri(let uri): return (GEN_URI, try ascii(uri))
    case .ip(let address):
      guard address.count == 4 || address.count == 16 else {
        throw IssuingError.badName("\(address)", why: "is no address of 4 or 16 bytes")
      }
      return (GEN_IPADD, try octets(address))
    }
  }

  /// An IA5String. Zero bytes are refused beside what the format cannot hold: C programs would see the name end there.
  private static func ascii(_ text: String) throws -> Text {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty else { throw IssuingError.badName(text, why: "is empty") }
    guard bytes.allSatisfy({ 1...127 ~= $0 }) else { throw IssuingError.badName(text, why: "has characters beyond ASCII") }
    let value = try Text(ASN1_IA5STRING_new(), from: "ASN1_IA5STRING_new", release: ASN1_IA5STRING_free)
    try check(ASN1_STRING_set(value.pointer, bytes, Int32(clamping: bytes.count)), "ASN1_STRING_set")
    return value
  }
}
