import Glibc
import NIOCore
import PluginKit

/// A TCP socket that peers can reach: bound by us, or handed to us by whoever had it before. It has one owner, who closes it.
package struct ListeningSocket: Sendable {
  package let descriptor: CInt
  /// Where it is bound, with the port that the system picked.
  package let address: PeerAddress

  /// Takes over a descriptor, which stays as it was where it is none of ours to use: nil for what is no TCP socket bound to an address.
  package init?(adopting descriptor: CInt) {
    guard Self.kind(of: descriptor) == CInt(SOCK_STREAM.rawValue), let address = Self.name(of: descriptor) else { return nil }
    (self.descriptor, self.address) = (descriptor, address)
    // What is inherited may be shared with somebody who waits in it, and would be left open in programs that we start.
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  /// Binds a new one. It does not listen yet.
  static func bind(_ place: ListenAddress) throws(ListenFailure) -> ListeningSocket {
    do {
      return try bind(try SocketAddress(ipAddress: place.host, port: place.port))
    } catch let error as IOError {
      throw ListenFailure(address: place, message: String(cString: strerror(error.errnoCode)))
    } catch {
      throw ListenFailure(address: place, message: "\(error)")
    }
  }

  private static func bind(_ place: SocketAddress) throws -> ListeningSocket {
    let family = place.protocol == .inet6 ? AF_INET6 : AF_INET
    let descriptor = socket(family, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
    var one: CInt = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<CInt>.size))
    guard place.withSockAddr({ Glibc.bind(descriptor, $0, socklen_t($1)) }) == 0, let socket = ListeningSocket(adopting: descriptor) else {
      defer { close(descriptor) }
      throw IOError(errnoCode: errno, reason: "bind")
    }
    return socket
  }

  private static func kind(of descriptor: CInt) -> CInt? {
    var (kind, length) = (CInt(0), socklen_t(MemoryLayout<CInt>.size))
    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &kind, &length) == 0 ? kind : nil
  }

  private static func name(of descriptor: CInt) -> PeerAddress? {
    var (storage, length) = (sockaddr_storage(), socklen_t(MemoryLayout<sockaddr_storage>.size))
    let result = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    guard result == 0 else { return nil }
    return withUnsafePointer(to: &storage) { pointer in
      switch CInt(pointer.pointee.ss_family) {
      case AF_INET: pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { PeerAddress(SocketAddress($0.pointee)) }
      case AF_INET6: pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { PeerAddress(SocketAddress($0.pointee)) }
      default: nil
      }
    }
  }
}

/// Which of the sockets that came from elsewhere belong to which addresses of the configuration: each once, by where they are bound; port 0
/// stands for any.
package struct InheritedSockets: Sendable {
  private var rest: [ListeningSocket]

  package init(_ sockets: [ListeningSocket] = []) { rest = sockets }

  /// Those that nothing was found for.
  package var unclaimed: [ListeningSocket] { rest }

  /// The socket for an address; nil where there is none.
  package mutating func claim(_ place: ListenAddress) -> ListeningSocket? {
    guard let ip = IPAddress(place.host) else { return nil }
    let index =
      rest.firstIndex { $0.address.ip == ip && Int($0.address.port) == place.port }
      ?? (place.port == 0 ? rest.firstIndex { $0.address.ip == ip } : nil)
    return index.map { rest.remove(at: $0) }
  }
}
