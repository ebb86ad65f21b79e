/// Base32 (RFC 4648), in which old magnet links write their info-hash.
enum Base32 {
  /// The bytes of digits of either case, without padding; nil where one is no digit, or bits are left over that are not zero.
  static func decode(_ text: String) -> [UInt8]? {
    var decoded: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    for digit in text.utf8 {
      guard let value = value(digit) else { return nil }
      bits = (bits << 5) | value
      count += 5
      guard count >= 8 else { continue }
      count -= 8
      decoded.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      bits &= (1 << UInt32(count)) - 1
    }
    return bits == 0 && count < 5 ? decoded : nil
  }

  private static func value(_ digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a"))
    case UInt8(ascii: "2")...UInt8(ascii: "7"): UInt32(digit - UInt8(ascii: "2")) + 26
    default: nil
    }
  }
}
