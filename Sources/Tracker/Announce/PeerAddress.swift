import NIOCore

/// Addresses of peers as trackers write them.
enum PeerAddress {
  /// Addresses packed without gaps: 4 or 16 bytes of address and 2 of port each (BEP 23, BEP 7). Surplus bytes at the end are left out,
  /// as are addresses that nobody can dial.
  static func unpack(_ bytes: some Collection<UInt8>, addressLength: Int) -> [SocketAddress] {
    let bytes = Array(bytes)
    let stride = addressLength + 2
    return (0..<min(bytes.count / stride, AnnounceResponse.maximumPeers)).compactMap { index in
      let entry = bytes[index * stride..<(index + 1) * stride]
      let port = entry.suffix(2).reduce(0) { $0 << 8 | Int($1) }
      return (try? SocketAddress(packedIPAddress: ByteBuffer(bytes: entry.dropLast(2)), port: port)).flatMap(dialable)
    }
  }

  /// The address of a non-compact entry; nil for host names, which are not looked up, and for what nobody can dial.
  static func parse(_ text: String, port: UInt16) -> SocketAddress? {
    (try? SocketAddress(ipAddress: text, port: Int(port))).flatMap(dialable)
  }

  /// The address with IPv4-mapped ones (`::ffff:0:0/96`) as IPv4, since lists of IPv4 networks would not recognize them; nil where nobody
  /// can dial it.
  private static func dialable(_ address: SocketAddress) -> SocketAddress? {
    guard let port = address.port, port > 0, let text = address.ipAddress else { return nil }
    if text.hasPrefix(mapped), text.contains(".") {
      return (try? SocketAddress(ipAddress: String(text.dropFirst(mapped.count)), port: port)).flatMap(dialable)
    }
    return address.isMulticast || ["0.0.0.0", "255.255.255.255", "::"].contains(text) ? nil : address
  }

  private static let mapped = "::ffff:"
}
