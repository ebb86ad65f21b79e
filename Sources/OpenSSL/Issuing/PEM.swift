import COpenSSL

/// The textual form of certificates and lists (RFC 7468).
package enum PEM {
  /// Writes DER as a block with this label, as in `CERTIFICATE`.
  package static func encode(_ der: [UInt8], label: String) throws(OpenSSLError) -> [UInt8] {
    let output = try MemoryBIO()
    guard PEM_write_bio(output.pointer, label, "", der, der.count) > 0 else { throw .taken(after: "PEM_write_bio") }
    return output.bytes()
  }
}
