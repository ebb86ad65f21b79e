/// The eight reserved bytes of a handshake, in which each side says what it can do (BEP 4).
public struct ReservedBits: Hashable, Sendable {
  /// The bytes as one number, the first byte highest.
  public let rawValue: UInt64

  /// The bytes as one number, the first byte highest.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The reserved bits in these bytes, or nil where there are not exactly 8 of them.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == 8 else { return nil }
    rawValue = bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The eight bytes.
  public var bytes: [UInt8] { withUnsafeBytes(of: rawValue.bigEndian, Array.init) }

  /// Extended messages (BEP 10): byte 5, mask 0x10.
  public var supportsExtensionProtocol: Bool { rawValue & Self.extensionProtocol != 0 }
  /// The fast extension (BEP 6): byte 7, mask 0x04.
  public var supportsFast: Bool { rawValue & Self.fast != 0 }
  /// DHT's `port` message (BEP 5): byte 7, mask 0x01.
  public var supportsDHT: Bool { rawValue & Self.dht != 0 }
  /// In a handshake with a hybrid torrent's v1 info-hash: the upgrade to v2 is understood (BEP 52): byte 7, mask 0x10.
  public var supportsV2: Bool { rawValue & Self.v2 != 0 }

  /// What we announce: extended messages, fast, and v2 where the torrent has it. DHT is never there.
  public static func ours(v2: Bool) -> ReservedBits {
    ReservedBits(rawValue: extensionProtocol | fast | (v2 ? Self.v2 : 0))
  }

  private static let extensionProtocol: UInt64 = 0x10_0000
  private static let fast: UInt64 = 0x04
  private static let dht: UInt64 = 0x01
  private static let v2: UInt64 = 0x10
}

extension ReservedBits: CustomStringConvertible {
  /// Sixteen hexadecimal digits.
  public var description: String {
    let digits = String(rawValue, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
