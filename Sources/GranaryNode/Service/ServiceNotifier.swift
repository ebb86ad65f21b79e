import Dispatch
import Glibc

/// Tells the service manager: datagrams to its socket, without waiting. Where there is no manager, nothing happens.
struct ServiceNotifier: Sendable {
  let socket: ServiceEnvironment.NotifySocket?

  init(_ socket: ServiceEnvironment.NotifySocket?) {
    self.socket = socket
  }

  /// Sends a notice; false where it could not be delivered. A socket each time: the manager may have been started anew, and there are few notices.
  @discardableResult
  func send(_ notice: ServiceNotice) -> Bool {
    guard let socket else { return true }
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let (address, length) = Self.address(socket)
    let bytes = notice.bytes
    return withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        while true {
          let sent = sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, length)
          if sent < 0, errno == EINTR { continue }
          return sent == bytes.count
        }
      }
    }
  }

  /// A path ends with a zero byte, an abstract name begins with one and ends with its last byte.
  private static func address(_ socket: ServiceEnvironment.NotifySocket) -> (sockaddr_un, socklen_t) {
    let name: [UInt8]
    switch socket {
    case .path(let path): name = Array(path.utf8) + [0]
    case .abstract(let text): name = [0] + Array(text.utf8)
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { room in room.copyBytes(from: name.prefix(room.count)) }
    let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? MemoryLayout<sa_family_t>.size
    return (address, socklen_t(offset + name.count))
  }
}

/// CLOCK_MONOTONIC, which is Dispatch's on Linux, in microseconds.
func monotonicMicroseconds() -> UInt64 { DispatchTime.now().uptimeNanoseconds / 1000 }
