import NIOCore

/// Which addresses of a host may be used.
package enum AddressFamily: Hashable, Sendable {
  case any
  case v4
  case v6

  /// Whether the address is of this family.
  package func includes(_ address: SocketAddress) -> Bool {
    switch self {
    case .any: true
    case .v4: address.protocol == .inet
    case .v6: address.protocol == .inet6
    }
  }
}
