import NIOCore
import NIOHTTP1
import NIOPosix

/// A small HTTP/1.1 client: one connection a request, bounded in bytes and in time, over TCP or a Unix domain socket.
///
/// For trackers, web seeds and a node's control socket. A response of any status is a response; redirects are followed for GETs on
/// the network, never from `https` to `http`. `https` wants to be told whom to trust. A response over it that has no length and is cut short is
/// noticed by what it says, not by its end.
package struct HTTPClient: Sendable {
  let group: any EventLoopGroup
  let connector: HTTPConnector
  private let mayFollow: @Sendable (HTTPURL) -> Bool

  /// A client on the group's loops. `mayFollow` judges where redirects lead, for callers who may only speak to some hosts.
  package init(
    group: any EventLoopGroup, resolver: HostResolver = .shared, security: HTTPSecurity? = nil,
    mayFollow: @escaping @Sendable (HTTPURL) -> Bool = { _ in true }
  ) {
    (self.group, self.mayFollow) = (group, mayFollow)
    connector = HTTPConnector(resolver: resolver, security: security)
  }

  /// Fetches a URL. Throws `HTTPClientError`, also where the deadline passes or the task is cancelled.
  package func get(
    _ url: HTTPURL, headers: HTTPFields = HTTPFields(), limits: HTTPLimits = HTTPLimits(), family: AddressFamily = .any,
    deadline: NIODeadline
  ) async throws(HTTPClientError) -> HTTPResponse {
    try await send(HTTPRequest(to: .url(url), fields: headers, family: family), limits: limits, deadline: deadline)
  }

  /// Sends a request and gathers its response. Throws `HTTPClientError`.
  package func send(
    _ request: HTTPRequest, limits: HTTPLimits = HTTPLimits(), deadline: NIODeadline
  ) async throws(HTTPClientError) -> HTTPResponse {
    var request = request
    for _ in 0...limits.redirects {
      let response = try await exchange(request, limits: limits, deadline: deadline)
      guard let next = try request.following(response) else { return response }
      guard case .url(let url) = next.destination, mayFollow(url) else {
        throw .redirectRefused("\(next.destination) may not be visited")
      }
      request = next
    }
    throw .tooManyRedirects(limit: limits.redirects)
  }

  private func exchange(
    _ request: HTTPRequest, limits: HTTPLimits, deadline: NIODeadline
  ) async throws(HTTPClientError) -> HTTPResponse {
    let loop = group.any()
    let promise = loop.makePromise(of: HTTPResponse.self)
    let timeout = loop.scheduleTask(deadline: deadline) { promise.fail(HTTPClientError.timedOut("\(request.destination)")) }
    let connection = connector.connect(request, on: loop, deadline: deadline).flatMapThrowing { channel in
      let handler = HTTPResponseHandler(limits: limits, promise: promise)
      try Self.start(request, on: channel, handler: handler, limits: limits, total: limits.wire)
      return channel
    }
    connection.whenFailure { promise.fail(HTTPClientError(reading: $0, limits: limits)) }
    promise.futureResult.whenComplete { _ in
      timeout.cancel()
      connection.whenSuccess { $0.close(promise: nil) }
    }
    do {
      return try await withTaskCancellationHandler {
        try await promise.futureResult.get()
      } onCancel: {
        promise.fail(HTTPClientError.cancelled)
      }
    } catch {
      throw HTTPClientError(reading: error, limits: limits)
    }
  }

  /// Puts the handlers in place, starts reading and writes the request. On the channel's loop.
  static func start(
    _ request: HTTPRequest, on channel: any Channel, handler: some ChannelInboundHandler & HTTPResponseSink, limits: HTTPLimits,
    total: Int?
  ) throws {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(HTTPWireLimitHandler(limits: limits, total: total, sink: handler))
    // Trailers come after the head and are bounded by the parser's own limit.
    var decoderLimits = NIOHTTPDecoderLimitConfiguration()
    decoderLimits.maxHeaderListSize = limits.head
    try pipeline.addHTTPClientHandlers(decoderLimitConfiguration: decoderLimits)
    try pipeline.addHandler(handler)
    channel.setOption(.autoRead, value: true).whenFailure { _ in }
    write(request, to: channel)
  }

  private static func write(_ request: HTTPRequest, to channel: any Channel) {
    channel.write(HTTPClientRequestPart.head(HTTPRequestHead(request)), promise: nil)
    if let body = request.body {
      channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
    }
    let written = channel.eventLoop.makePromise(of: Void.self)
    // A request that cannot be written (a field with a line break, a closed socket) has to end the exchange.
    written.futureResult.whenFailure { channel.pipeline.fireErrorCaught($0) }
    channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: written)
  }
}

extension HTTPRequestHead {
  init(_ request: HTTPRequest) {
    let (host, target) =
      switch request.destination {
      case .url(let url): (url.authority, url.target)
      case .unixSocket(_, let target): ("localhost", target)
      }
    var headers = HTTPHeaders([("Host", host), ("User-Agent", "granary"), ("Connection", "close")])
    for field in request.fields.fields { headers.add(name: field.name, value: field.value) }
    if let body = request.body { headers.add(name: "Content-Length", value: "\(body.count)") }
    self.init(version: .http1_1, method: HTTPMethod(rawValue: request.method.rawValue), uri: target, headers: headers)
  }
}
