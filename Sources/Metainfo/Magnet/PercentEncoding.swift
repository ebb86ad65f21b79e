/// Percent-encoding (RFC 3986).
enum PercentEncoding {
  /// The text's UTF-8 with everything but unreserved characters escaped.
  static func encode(_ text: String) -> String {
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      if isUnreserved(byte) { encoded.append(byte) } else { encoded += "%\(Hex.encode([byte]).uppercased())".utf8 }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  /// The text with its escapes resolved; nil where one is broken, or the result is not UTF-8.
  static func decode(_ text: some StringProtocol) -> String? {
    var decoded: [UInt8] = []
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
      guard byte == UInt8(ascii: "%") else {
        decoded.append(byte)
        continue
      }
      guard let high = bytes.next(), let low = bytes.next() else { return nil }
      guard let escaped = String(validating: [high, low], as: UTF8.self).flatMap(Hex.decode) else { return nil }
      decoded += escaped
    }
    return String(validating: decoded, as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
