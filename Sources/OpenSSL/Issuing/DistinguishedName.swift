import COpenSSL

/// Subjects and issuers as text.
enum DistinguishedName {
  // XN_FLAG_RFC2253, which Swift cannot see, without the escaping of what is beyond ASCII.
  private static let flags: UInt = {
    let characters = ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_UTF8_CONVERT
    let unknown = ASN1_STRFLGS_DUMP_UNKNOWN | ASN1_STRFLGS_DUMP_DER
    return UInt(characters | unknown) | UInt(XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_DN_REV | XN_FLAG_FN_SN | XN_FLAG_DUMP_UNKNOWN_FIELDS)
  }()

  /// The name as RFC 2253 writes it, but with its characters beyond ASCII as they are. Control characters stay escaped.
  static func text(_ name: OpaquePointer?) throws(OpenSSLError) -> String {
    let output = try MemoryBIO()
    guard X509_NAME_print_ex(output.pointer, name, 0, flags) >= 0 else { throw .taken(after: "X509_NAME_print_ex") }
    return String(decoding: output.bytes(), as: UTF8.self)
  }

  /// Its common names in their order; those that are no text are left out.
  static func commonNames(_ name: OpaquePointer?) -> [String] {
    var names: [String] = []
    var index = X509_NAME_get_index_by_NID(name, NID_commonName, -1)
    while index >= 0 {
      if let text = ASN1.utf8(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index))) { names.append(text) }
      index = X509_NAME_get_index_by_NID(name, NID_commonName, index)
    }
    return names
  }
}
