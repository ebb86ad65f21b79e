import COpenSSL

/// Reads an X.509 name.
enum DistinguishedName {
  /// The name as one line (RFC 2253): `CN=depot,O=Corp`. What is no printable ASCII is escaped.
  static func line(_ name: OpaquePointer?) -> String {
    guard let name else { return "" }
    return PEMText.written { granary_name_print($0, name) >= 0 ? 1 : 0 }
  }

  /// The common names, in their order; those that are no text are left out.
  static func commonNames(_ name: OpaquePointer?) -> [String] {
    guard let name else { return [] }
    var names: [String] = []
    var index = X509_NAME_get_index_by_NID(name, NID_commonName, -1)
    while index >= 0 {
      if let text = text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index))) { names.append(text) }
      index = X509_NAME_get_index_by_NID(name, NID_commonName, index)
    }
    return names
  }

  private static func text(_ value: UnsafeMutablePointer<ASN1_STRING>?) -> String? {
    guard let value else { return nil }
    var start: UnsafeMutablePointer<UInt8>?
    let count = ASN1_STRING_to_UTF8(&start, value)
    defer { CRYPTO_free(start, #file, #line) }
    guard let start, count >= 0 else { return nil }
    return String(validating: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
  }
}

/// Reads a serial number.
enum SerialNumber {
  /// Upper-case hex, an even number of digits.
  static func hex(_ number: UnsafePointer<ASN1_INTEGER>?) -> String {
    guard let number, let value = ASN1_INTEGER_to_BN(number, nil) else { return "" }
    defer { BN_free(value) }
    guard let text = BN_bn2hex(value) else { return "" }
    defer { CRYPTO_free(text, #file, #line) }
    return String(cString: text)
  }
}

/// Reads a moment of a certificate or a list.
enum UnixTime {
  /// Seconds since 1970; nil where it is no time.
  static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
    guard let time, let epoch = ASN1_TIME_set(nil, 0) else { return nil }
    defer { ASN1_TIME_free(epoch) }
    var (days, seconds): (Int32, Int32) = (0, 0)
    guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
    return Int64(days) * 86_400 + Int64(seconds)
  }
}
