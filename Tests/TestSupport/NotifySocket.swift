import Foundation
import NIOPosix

/// A service manager's socket, as `$NOTIFY_SOCKET` names it: a path, or `@NAME`. Datagrams wait in it until they are asked for.
package final class NotifySocket: Sendable {
  /// What the service is told.
  package let name: String
  private let descriptor: Int32
  /// Waits for datagrams: a thread that nobody else needs.
  private let waiting = NIOThreadPool(numberOfThreads: 1)

  package init(_ name: String) throws {
    self.name = name
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ProcessFailure("no socket: \(String(cString: strerror(errno)))") }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = name.hasPrefix("@") ? [0] + Array(name.utf8.dropFirst()) : Array(name.utf8) + [0]
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes.prefix($0.count)) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard status == 0 else { throw ProcessFailure("\(name) cannot be bound: \(String(cString: strerror(errno)))") }
    waiting.start()
  }

  deinit {
    waiting.shutdownGracefully { _ in }
    close(descriptor)
  }

  /// The next datagram; nil where none comes in time.
  package func next(within limit: Duration) async throws -> String? {
    try await waiting.runIfActive { [self] in try receive(within: limit) }
  }

  /// The next datagram; nil where none comes in time. Blocks.
  package func receive(within limit: Duration = .seconds(30)) throws -> String? {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, Int32(limit / .milliseconds(1))) > 0 else { return nil }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count >= 0 else { throw ProcessFailure("nothing can be received: \(String(cString: strerror(errno)))") }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  /// Waits for a datagram that fits; gives it with those before it. Throws where none comes in time.
  package func wait(
    for what: String, within limit: Duration = .seconds(60), _ fits: (String) -> Bool
  ) async throws -> [String] {
    let deadline = ContinuousClock.now + limit
    var seen: [String] = []
    while let datagram = try await next(within: max(.zero, deadline - .now)) {
      seen.append(datagram)
      if fits(datagram) { return seen }
    }
    throw ProcessFailure("the service manager was not told: \(what); it was told \(seen)")
  }
}
