/// A SHA-1 digest: 20 bytes, kept inline so that it costs no allocation as a dictionary key.
public struct SHA1Digest: Hashable, Sendable {
  /// The number of bytes of a SHA-1 digest.
  public static let byteCount = 20

  private let high: UInt64
  private let middle: UInt64
  private let low: UInt32

  /// The digest in these bytes, or nil where there are not exactly 20 of them.
  public init?(_ bytes: some Collection<UInt8>) {
    let words: (UInt64, UInt64, UInt32)? = contiguous(bytes, Self.byteCount) { (bigEndian($0, 0), bigEndian($0, 8), bigEndian($0, 16)) }
    guard let words else { return nil }
    (high, middle, low) = words
  }

  /// The digest's 20 bytes.
  public var bytes: [UInt8] { bigEndianBytes(high) + bigEndianBytes(middle) + bigEndianBytes(low) }
}

/// A SHA-256 digest: 32 bytes, kept inline.
public struct SHA256Digest: Hashable, Sendable {
  /// The number of bytes of a SHA-256 digest.
  public static let byteCount = 32
  /// The digest of which every byte is zero: the padding leaf of BEP 52's trees.
  public static let zero = SHA256Digest(words: (0, 0, 0, 0))

  private let word0: UInt64
  private let word1: UInt64
  private let word2: UInt64
  private let word3: UInt64

  private init(words: (UInt64, UInt64, UInt64, UInt64)) {
    (word0, word1, word2, word3) = words
  }

  /// The digest in these bytes, or nil where there are not exactly 32 of them.
  public init?(_ bytes: some Collection<UInt8>) {
    let words: (UInt64, UInt64, UInt64, UInt64)? = contiguous(bytes, Self.byteCount) {
      (bigEndian($0, 0), bigEndian($0, 8), bigEndian($0, 16), bigEndian($0, 24))
    }
    guard let words else { return nil }
    (word0, word1, word2, word3) = words
  }

  /// The digest's 32 bytes.
  public var bytes: [UInt8] { withUnsafeBytes(Array.init) }

  /// Lends the digest's 32 bytes, without an allocation.
  package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    let words = (word0.bigEndian, word1.bigEndian, word2.bigEndian, word3.bigEndian)
    return try Swift.withUnsafeBytes(of: words, body)
  }

  /// The first 20 bytes: what handshakes and announces of v2 torrents carry (BEP 52).
  public var truncated: SHA1Digest {
    // 20 bytes of 32 always make a SHA1Digest; the fallback is never taken.
    SHA1Digest(bytes.prefix(SHA1Digest.byteCount)) ?? SHA1Digest.zero
  }
}

extension SHA1Digest {
  /// The digest of which every byte is zero.
  public static let zero = SHA1Digest(zeroes: ())

  private init(zeroes: Void) {
    (high, middle, low) = (0, 0, 0)
  }
}

extension SHA1Digest: CustomStringConvertible {
  /// Forty lower-case hexadecimal digits.
  public var description: String { Hex.encode(bytes) }

  /// The digest written as forty hexadecimal digits of either case, else nil.
  public init?(hex: String) {
    guard let bytes = Hex.decode(hex) else { return nil }
    self.init(bytes)
  }
}

extension SHA256Digest: CustomStringConvertible {
  /// Sixty-four lower-case hexadecimal digits.
  public var description: String { Hex.encode(bytes) }

  /// The digest written as sixty-four hexadecimal digits of either case, else nil.
  public init?(hex: String) {
    guard let bytes = Hex.decode(hex) else { return nil }
    self.init(bytes)
  }
}

/// Hexadecimal text.
public enum Hex {
  /// Two lower-case digits a byte.
  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of an even number of digits of either case, else nil.
  public static func decode(_ text: String) -> [UInt8]? {
    let digits = text.utf8.map(value)
    guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
    let values = digits.compactMap { $0 }
    return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// Lends so many bytes in one place; nil where there are more or fewer. Digests are made for each announce and each request: byte by byte, from a
/// collection of which only its protocol is known, that costs as much as all else.
private func contiguous<Value>(_ bytes: some Collection<UInt8>, _ count: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value? {
  guard bytes.count == count else { return nil }
  if let value = bytes.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) { return value }
  return Array(bytes).withUnsafeBytes(body)
}

private func bigEndian<Word: FixedWidthInteger>(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Word {
  Word(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Word.self))
}

private func bigEndianBytes(_ word: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: word.bigEndian, Array.init)
}
