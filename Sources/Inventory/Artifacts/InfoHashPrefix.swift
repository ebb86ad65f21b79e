import Metainfo

/// A start of an info-hash in hexadecimal, as the range of digests that begin with it.
struct InfoHashPrefix: Equatable {
  /// Fewer digits are taken for a name only.
  static let minimumDigits = 4

  /// The number of hexadecimal digits.
  let digits: Int
  /// The smallest and the greatest 20-byte digest with this start; nil where it is longer than one.
  let v1: Bounds?
  /// The same for 32 bytes.
  let v2: Bounds

  /// Nil where the text is not of 4 to 64 hexadecimal digits.
  init?(_ text: String) {
    digits = text.utf8.count
    guard digits >= Self.minimumDigits else { return nil }
    v1 = Bounds(text, byteCount: SHA1Digest.byteCount)
    guard let v2 = Bounds(text, byteCount: SHA256Digest.byteCount) else { return nil }
    self.v2 = v2
  }

  /// The digests of one length that have a start, smallest and greatest included.
  struct Bounds: Equatable {
    let low: [UInt8]
    let high: [UInt8]

    /// Nil where the start is longer than the digest, or not hexadecimal.
    init?(_ start: String, byteCount: Int) {
      let missing = byteCount * 2 - start.utf8.count
      guard missing >= 0, let low = Hex.decode(start + String(repeating: "0", count: missing)),
        let high = Hex.decode(start + String(repeating: "f", count: missing))
      else { return nil }
      (self.low, self.high) = (low, high)
    }
  }
}
