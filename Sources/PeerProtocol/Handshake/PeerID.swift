/// A peer's id: 20 bytes that it chose itself (BEP 3), kept inline. It names a client program at best, and proves nothing.
public struct PeerID: Hashable, Sendable {
  /// The number of bytes of a peer id.
  public static let byteCount = 20

  let high: UInt64
  let middle: UInt64
  let low: UInt32

  init(high: UInt64, middle: UInt64, low: UInt32) {
    (self.high, self.middle, self.low) = (high, middle, low)
  }

  /// The peer id in these bytes, or nil where there are not exactly 20 of them.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self = bytes.withContiguousStorageIfAvailable { Self.read(UnsafeRawBufferPointer($0)) } ?? Array(bytes).withUnsafeBytes(Self.read)
  }

  /// From 20 bytes.
  private static func read(_ bytes: UnsafeRawBufferPointer) -> PeerID {
    PeerID(
      high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
      middle: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
      low: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self)))
  }

  /// The id's 20 bytes.
  public var bytes: [UInt8] {
    withUnsafeBytes(of: high.bigEndian, Array.init) + withUnsafeBytes(of: middle.bigEndian, Array.init)
      + withUnsafeBytes(of: low.bigEndian, Array.init)
  }

  /// An id that begins with `prefix` (BEP 20, such as `-GY0001-`; at most 20 bytes of it are taken) and ends in random letters and digits.
  public static func random(prefix: String, using generator: inout some RandomNumberGenerator) -> PeerID {
    make(prefix) { $0.randomElement(using: &generator) }
  }

  /// The same, by the system's random numbers.
  public static func random(prefix: String) -> PeerID { make(prefix) { $0.randomElement() } }

  private static func make(_ prefix: String, _ pick: ([UInt8]) -> UInt8?) -> PeerID {
    let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    var bytes = Array(prefix.utf8.prefix(byteCount))
    while bytes.count < byteCount { bytes.append(pick(alphabet) ?? UInt8(ascii: "0")) }
    return PeerID(high: word(bytes.prefix(8)), middle: word(bytes[8..<16]), low: UInt32(truncatingIfNeeded: word(bytes[16..<20])))
  }

  private static func word(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension PeerID: CustomStringConvertible {
  /// The id as text, with everything but printable ASCII escaped as `\xNN`.
  public var description: String { EscapedText.escape(bytes) }
}
