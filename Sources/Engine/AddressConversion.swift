import NIOCore
import PluginKit

extension PeerAddress {
  /// The address of a TCP socket; nil for other kinds.
  package init?(_ address: SocketAddress?) {
    guard let address, let port = address.port.flatMap(UInt16.init(exactly:)) else { return nil }
    let ip: IPAddress? =
      switch address {
      case .v4, .v6: address.ipAddress.flatMap(IPAddress.init(_:))
      case .unixDomainSocket: nil
      }
    guard let ip else { return nil }
    self.init(ip: ip, port: port)
  }

  /// The same for NIO. Made from the number: nothing is looked up.
  var socketAddress: SocketAddress {
    get throws { try SocketAddress(ipAddress: ip.description, port: Int(port)) }
  }
}
