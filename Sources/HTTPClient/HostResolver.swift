import NIOCore
import NIOPosix
import Synchronization

/// Looks up host names off the event loops, the one door for the system's blocking resolver.
///
/// Lookups of one name at one time are one lookup, so that thousands of announces to a tracker ask once, and a dead name server
/// keeps no more threads busy than this has.
package final class HostResolver: Sendable {
  /// Looks a name up, blocking; the addresses are in the order of preference (RFC 6724), their ports 0.
  package typealias Lookup = @Sendable (String) throws(HostLookupError) -> [SocketAddress]

  /// The resolver for everybody who brings none of their own.
  package static let shared = HostResolver()

  private let lookup: Lookup
  private let pool: NIOThreadPool
  private let waiting = Mutex<[String: [EventLoopPromise<[SocketAddress]>]]>([:])

  /// A resolver with this many threads of its own.
  package init(threads: Int = 4, lookup: @escaping Lookup = systemLookup) {
    self.lookup = lookup
    pool = NIOThreadPool(numberOfThreads: max(1, threads))
    pool.start()
  }

  deinit { pool.shutdownGracefully { _ in } }

  /// The addresses of a host with this port. Fails with `HostLookupError` where there are none. A literal needs no lookup.
  package func addresses(of host: URLHost, port: UInt16, on loop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
    switch host {
    case .address(let address): loop.makeSucceededFuture([address.with(port: port)])
    case .name(let name): query(name, on: loop).map { $0.map { $0.with(port: port) } }
    }
  }

  func query(_ name: String, on loop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
    let promise = loop.makePromise(of: [SocketAddress].self)
    let isFirst = waiting.withLock { waiting in
      waiting[name, default: []].append(promise)
      return waiting[name]?.count == 1
    }
    if isFirst { pool.submit { [weak self] _ in self?.perform(name) } }
    return promise.futureResult
  }

  private func perform(_ name: String) {
    let result = Result { () throws(HostLookupError) in try lookup(name) }.mapError { $0 as any Error }
    let promises = waiting.withLock { $0.removeValue(forKey: name) } ?? []
    for promise in promises { promise.completeWith(result) }
  }
}

extension SocketAddress {
  /// The same IP address with another port.
  package func with(port: UInt16) -> SocketAddress {
    var address = self
    address.port = Int(port)
    return address
  }
}
