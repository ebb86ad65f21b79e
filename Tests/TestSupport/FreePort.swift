import Glibc

/// Ports that a test wants to know before the node listens on them.
package enum FreePort {
  /// A TCP port of 127.0.0.1 that nobody listens on, below those that the kernel gives to outgoing connections.
  package static func pick() throws -> UInt16 {
    for _ in 0..<100 {
      let port = UInt16.random(in: 20_000..<30_000)
      if isFree(port) { return port }
    }
    throw ProcessFailure("no free port among a hundred")
  }

  private static func isFree(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
  }
}
