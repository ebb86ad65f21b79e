import NIOCore
import NIOPosix

/// Opens the connection of a request: the one place that knows of schemes and sockets, and where kept connections will go.
///
/// The channel reads nothing until its handlers are in place and `autoRead` is switched on.
struct HTTPConnector: Sendable {
  let resolver: HostResolver
  /// Nil: `https` is refused.
  let security: HTTPSecurity?

  func connect(_ request: HTTPRequest, on loop: any EventLoop, deadline: NIODeadline) -> EventLoopFuture<any Channel> {
    let remaining = deadline - .now()
    guard remaining > .nanoseconds(0) else {
      return loop.makeFailedFuture(HTTPClientError.timedOut("\(request.destination)"))
    }
    let bootstrap = ClientBootstrap(group: loop).connectTimeout(remaining).channelOption(.autoRead, value: false)
    let channel = open(request, with: bootstrap, on: loop, deadline: deadline)
    return channel.flatMapErrorThrowing { throw Self.error($0, connectingTo: request.destination) }
  }

  private func open(
    _ request: HTTPRequest, with bootstrap: ClientBootstrap, on loop: any EventLoop, deadline: NIODeadline
  ) -> EventLoopFuture<any Channel> {
    switch request.destination {
    case .unixSocket(let path, _):
      return bootstrap.connect(unixDomainSocketPath: path)
    case .url(let url):
      guard url.scheme == .https else { return open(url, family: request.family, with: bootstrap, on: loop) }
      guard let security else { return loop.makeFailedFuture(HTTPClientError.tlsUnavailable(host: url.authority)) }
      return open(url, family: request.family, with: bootstrap, on: loop).flatMap { channel in
        HTTPSLink.secure(channel, to: url, security, deadline: deadline)
      }
    }
  }

  private func open(
    _ url: HTTPURL, family: AddressFamily, with bootstrap: ClientBootstrap, on loop: any EventLoop
  ) -> EventLoopFuture<any Channel> {
    let bootstrap = bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
    switch url.host {
    case .address(let address) where family.includes(address):
      return bootstrap.connect(to: address.with(port: url.port))
    case .address(let address):
      return loop.makeFailedFuture(HostLookupError(host: "\(address)", reason: "it has no address of the family asked for"))
    case .name(let name):
      return bootstrap.resolver(FamilyResolver(resolver: resolver, family: family, loop: loop)).connect(host: name, port: Int(url.port))
    }
  }

  private static func error(_ error: any Error, connectingTo destination: HTTPRequest.Destination) -> HTTPClientError {
    switch error {
    case let error as HTTPClientError: error
    case ChannelError.connectTimeout: .timedOut("\(destination)")
    case let error as NIOConnectionError: .cannotConnect(to: "\(destination)", reason: reason(error), code: code(error))
    case let error as IOError: .cannotConnect(to: "\(destination)", reason: "\(error)", code: error.errnoCode)
    default: .cannotConnect(to: "\(destination)", reason: "\(error)", code: nil)
    }
  }

  private static func reason(_ error: NIOConnectionError) -> String {
    let attempts = error.connectionErrors.map { "\($0.target.ipAddress ?? "?"): \($0.error)" }
    let lookups = [error.dnsAError, error.dnsAAAAError].compactMap { $0.map { "\($0)" } }
    let reasons = attempts.isEmpty ? Array(Set(lookups)) : attempts
    return reasons.isEmpty ? "the host has no address of the family asked for" : reasons.joined(separator: "; ")
  }

  private static func code(_ error: NIOConnectionError) -> Int32? {
    error.connectionErrors.lazy.compactMap { ($0.error as? IOError)?.errnoCode }.first
  }
}

/// Our resolver as NIO's connector asks for it, with the other family's addresses left out.
private struct FamilyResolver: Resolver, Sendable {
  let resolver: HostResolver
  let family: AddressFamily
  let loop: any EventLoop

  func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
    family == .v6 ? loop.makeSucceededFuture([]) : addresses(host, port, .v4)
  }

  func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
    family == .v4 ? loop.makeSucceededFuture([]) : addresses(host, port, .v6)
  }

  // A lookup that is under way cannot be called back; its result is dropped.
  func cancelQueries() {}

  private func addresses(_ host: String, _ port: Int, _ family: AddressFamily) -> EventLoopFuture<[SocketAddress]> {
    resolver.addresses(of: .name(host), port: UInt16(clamping: port), on: loop).map { $0.filter(family.includes) }
  }
}
