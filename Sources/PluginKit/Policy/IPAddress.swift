#if canImport(Glibc)
  import Glibc
#endif

/// An IPv4 or IPv6 address. A v4-mapped IPv6 address (`::ffff:10.0.0.1`) is the IPv4 address: rules for one hold for the other.
public struct IPAddress: Hashable, Sendable {
  /// The address family.
  public enum Family: Sendable { case v4, v6 }

  /// Which family.
  public let family: Family
  private let high: UInt64
  private let low: UInt64

  /// The address in these 4 or 16 network-order bytes; nil for another count.
  public init?(bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    switch bytes.count {
    case 4:
      self.init(family: .v4, high: 0, low: Self.word(bytes))
    case 16:
      let (high, low) = (Self.word(bytes.prefix(8)), Self.word(bytes.suffix(8)))
      let isMapped = high == 0 && low >> 32 == 0xFFFF
      self.init(family: isMapped ? .v4 : .v6, high: high, low: isMapped ? low & 0xFFFF_FFFF : low)
    default:
      return nil
    }
  }

  /// The address that the text names: `10.0.0.1`, `fd00::1`; nil for anything else. Scoped addresses (`fe80::1%eth0`) lose their scope.
  public init?(_ text: String) {
    // A NUL would end the text early for inet_pton: what follows it would be believed unread.
    guard !text.utf8.contains(0) else { return nil }
    let text = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? text
    var storage = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &storage) == 1 {
      self.init(bytes: storage.prefix(4))
    } else if inet_pton(AF_INET6, text, &storage) == 1 {
      self.init(bytes: storage)
    } else {
      return nil
    }
  }

  private init(family: Family, high: UInt64, low: UInt64) {
    (self.family, self.high, self.low) = (family, high, low)
  }

  /// The 4 or 16 network-order bytes.
  public var bytes: [UInt8] {
    switch family {
    case .v4: withUnsafeBytes(of: UInt32(truncatingIfNeeded: low).bigEndian, Array.init)
    case .v6: withUnsafeBytes(of: (high.bigEndian, low.bigEndian), Array.init)
    }
  }

  /// Appends the same bytes.
  package func append(to bytes: inout [UInt8]) {
    switch family {
    case .v4: withUnsafeBytes(of: UInt32(truncatingIfNeeded: low).bigEndian) { bytes.append(contentsOf: $0) }
    case .v6: withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { bytes.append(contentsOf: $0) }
    }
  }

  /// 127.0.0.0/8 and ::1.
  public var isLoopback: Bool {
    family == .v4 ? low >> 24 == 127 : high == 0 && low == 1
  }

  /// The address with all but its first `bits` bits (0...32 or 0...128) zero.
  package func masked(to bits: Int) -> IPAddress {
    if family == .v4 { return IPAddress(family: .v4, high: 0, low: low & (Self.mask(bits) >> 32)) }
    return IPAddress(family: .v6, high: high & Self.mask(bits), low: low & Self.mask(bits - 64))
  }

  /// The first `bits` bits set; none below 0, all above 64.
  private static func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : ~0 << UInt64(max(0, 64 - bits)) }

  /// Whether the first `bits` bits (0...32 or 0...128) are those of `other`. False between families.
  func sharesPrefix(_ bits: Int, with other: IPAddress) -> Bool {
    guard family == other.family else { return false }
    if family == .v4 { return Self.equal(low << 32, other.low << 32, bits: bits) }
    return Self.equal(high, other.high, bits: min(bits, 64)) && Self.equal(low, other.low, bits: max(0, bits - 64))
  }

  private static func equal(_ one: UInt64, _ other: UInt64, bits: Int) -> Bool {
    bits == 0 || (one ^ other) >> UInt64(64 - bits) == 0
  }

  private static func word(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension IPAddress: CustomStringConvertible {
  /// The usual text: dotted quad, or IPv6 with its longest run of zeroes shortened (RFC 5952).
  public var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(family == .v4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// A network in CIDR notation, or one address.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
  /// An address within the network; its host bits are zero where the network was written properly.
  public let address: IPAddress
  /// Length of the prefix in bits: 0...32 or 0...128.
  public let prefixLength: Int

  /// The network that the text names: `10.20.0.0/16`, `fd00::/8`, or one address. Nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, let address = IPAddress(String(first)), parts.count <= 2 else { return nil }
    let width = address.family == .v4 ? 32 : 128
    guard parts.count == 2 else {
      (self.address, prefixLength) = (address, width)
      return
    }
    // A v4-mapped network counts its prefix from the IPv6 form's beginning: ::ffff:10.0.0.0/104 is 10.0.0.0/8.
    let written = first.contains(":") ? 128 : width
    guard parts[1].allSatisfy(\.isNumber), let bits = Int(parts[1]), (written - width...written).contains(bits) else { return nil }
    (self.address, prefixLength) = (address, bits - (written - width))
  }

  /// Whether the address lies in the network. An IPv4 network holds no IPv6 address, and the reverse.
  public func contains(_ other: IPAddress) -> Bool { address.sharesPrefix(prefixLength, with: other) }

  /// Whether bits beyond the prefix are set, as in `10.1.2.3/16`: most likely a slip of the pen.
  public var hasHostBits: Bool { address.masked(to: prefixLength) != address }

  /// The network without its host bits: `10.1.0.0/16` for `10.1.2.3/16`.
  public var canonical: IPNetwork { IPNetwork(address: address.masked(to: prefixLength), prefixLength: prefixLength) }

  /// The network of this address and prefix, which the caller has checked: 0...32 or 0...128.
  package init(address: IPAddress, prefixLength: Int) {
    (self.address, self.prefixLength) = (address, prefixLength)
  }

  public var description: String { "\(address)/\(prefixLength)" }
}

/// Where a peer is: address and TCP port.
public struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
  /// The address.
  public let ip: IPAddress
  /// The TCP port.
  public let port: UInt16

  public init(ip: IPAddress, port: UInt16) {
    (self.ip, self.port) = (ip, port)
  }

  /// `10.0.0.1:6881` or `[fd00::1]:6881`; nil for anything else.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      return nil
    }
    guard let ip = IPAddress(host) else { return nil }
    self.init(ip: ip, port: port)
  }

  public var description: String { ip.family == .v4 ? "\(ip):\(port)" : "[\(ip)]:\(port)" }
}
