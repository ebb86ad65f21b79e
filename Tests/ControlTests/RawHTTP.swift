import Glibc
import NIOPosix
import PluginKit
import TestSupport
import Tracker

/// Requests byte for byte over one connection.
enum RawHTTP {
  /// What comes back until the server closes, which the last request has to ask for. `isDripped`: each byte in a write of its own.
  static func ask(_ address: Endpoint, _ text: String, isDripped: Bool = false) async throws -> String {
    try await NIOThreadPool.singleton.runIfActive { try talk(address.port, Array(text.utf8), isDripped) }
  }

  private static func talk(_ port: UInt16, _ bytes: [UInt8], _ isDripped: Bool) throws -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var (patience, one) = (timeval(tv_sec: 60, tv_usec: 0), Int32(1))
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    // A sockaddr_in: family, port and address, the latter two in network order.
    var raw = [UInt8](repeating: 0, count: 16)
    raw.withUnsafeMutableBytes { $0.storeBytes(of: UInt16(AF_INET), as: UInt16.self) }
    raw.replaceSubrange(2..<8, with: [UInt8(port >> 8), UInt8(truncatingIfNeeded: port), 127, 0, 0, 1])
    let connected = raw.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: sockaddr.self) { connect(descriptor, $0.baseAddress, socklen_t(bytes.count)) }
    }
    guard connected == 0 else { throw ProcessFailure("cannot connect: \(errno)") }
    for part in isDripped ? bytes.map({ [$0] }) : [bytes] where send(descriptor, part, part.count, Int32(MSG_NOSIGNAL)) < 0 {
      throw ProcessFailure("cannot send: \(errno)")
    }
    var (answer, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count >= 0 else { throw ProcessFailure("no end after \(String(decoding: answer, as: UTF8.self)): \(errno)") }
      if count == 0 { return String(decoding: answer, as: UTF8.self) }
      answer += buffer[..<count]
    }
  }
}
