import COpenSSL
import Glibc

extension ASN1 {
  /// A number's bytes, the most significant first. Negative numbers, which no serial may be, lose their sign.
  static func bytes(ofInteger number: UnsafePointer<asn1_string_st>?) throws(OpenSSLError) -> [UInt8] {
    let value = try OwnedObject(ASN1_INTEGER_to_BN(number, nil), from: "ASN1_INTEGER_to_BN", release: BN_free)
    let count = (Int(BN_num_bits(value.pointer)) + 7) / 8
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = count == 0 ? 0 : max(0, Int(BN_bn2bin(value.pointer, buffer.baseAddress)))
    }
  }

  /// A moment as Unix seconds.
  static func seconds(_ time: UnsafePointer<asn1_string_st>?) throws(OpenSSLError) -> Int64 {
    var parts = tm()
    try check(ASN1_TIME_to_tm(time, &parts), "ASN1_TIME_to_tm")
    return Int64(timegm(&parts))
  }

  /// A string of whatever kind as text; nil where it cannot be, or holds a zero byte, which C programs would take for its end.
  static func utf8(_ string: UnsafePointer<asn1_string_st>?) -> String? {
    var converted: UnsafeMutablePointer<UInt8>?
    let count = ASN1_STRING_to_UTF8(&converted, string)
    guard count >= 0, let converted else {
      ERR_clear_error()
      return nil
    }
    defer { CRYPTO_free(converted, #fileID, #line) }
    let bytes = UnsafeBufferPointer(start: converted, count: Int(count))
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
  }

  /// DER of an object, by its `i2d` function.
  static func encode(
    _ operation: String, _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
  ) throws(OpenSSLError) -> [UInt8] {
    let count = write(nil)
    try check(count, operation)
    return [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
      var end = buffer.baseAddress
      initialized = max(0, Int(write(&end)))
    }
  }

  /// The host names and URIs that a certificate has as alternative names.
  static func alternativeNames(of certificate: OpaquePointer) -> (dns: [String], uris: [String]) {
    guard let found = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
      ERR_clear_error()
      return ([], [])
    }
    let list = OpaquePointer(found)
    defer { GENERAL_NAMES_free(list) }
    var names: (dns: [String], uris: [String]) = ([], [])
    for index in 0..<max(0, OPENSSL_sk_num(list)) {
      guard let entry = OPENSSL_sk_value(list, index) else { continue }
      var kind: Int32 = 0
      let value = GENERAL_NAME_get0_value(entry.assumingMemoryBound(to: GENERAL_NAME.self), &kind)
      guard kind == GEN_DNS || kind == GEN_URI else { continue }
      guard let text = utf8(value?.assumingMemoryBound(to: asn1_string_st.self)) else { continue }
      if kind == GEN_DNS { names.dns.append(text) } else { names.uris.append(text) }
    }
    return names
  }
}
