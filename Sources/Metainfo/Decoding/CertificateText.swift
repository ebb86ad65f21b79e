/// What an info dictionary's `ssl-cert` may be: text that holds a certificate as PEM (RFC 7468). Whether it is a certificate that anybody
/// should trust is not judged here.
enum CertificateText {
  /// Bytes at most: many times a certificate with a large key. The text is kept for each artifact.
  static let longest = 64 << 10

  private static let begin = Array("-----BEGIN CERTIFICATE-----".utf8)
  private static let end = Array("-----END CERTIFICATE-----".utf8)

  /// The text of these bytes. Throws where they are none, are too many, or hold no certificate.
  static func check(_ bytes: ArraySlice<UInt8>, at place: String) throws(TorrentError) -> String {
    guard bytes.count <= longest else {
      throw TorrentError(.tooLarge, at: place, "\(bytes.count) bytes are more than the \(longest) of a certificate")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw TorrentError(.badValue, at: place, "is not text, as a PEM certificate is")
    }
    guard holdsCertificate(bytes) else {
      throw TorrentError(.badValue, at: place, "holds no PEM certificate (BEGIN CERTIFICATE, base64, END CERTIFICATE)")
    }
    return text
  }

  // The first block alone is looked at: it is the one that counts.
  private static func holdsCertificate(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let start = bytes.firstRange(of: begin) else { return false }
    let rest = bytes[start.upperBound...]
    guard let stop = rest.firstRange(of: end) else { return false }
    let body = rest[..<stop.lowerBound].filter { !isSpace($0) }
    return !body.isEmpty && body.count.isMultiple(of: 4) && body.allSatisfy(isBase64)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private static func isBase64(_ byte: UInt8) -> Bool {
    switch UnicodeScalar(byte) {
    case "A"..."Z", "a"..."z", "0"..."9", "+", "/", "=": true
    default: false
    }
  }
}
