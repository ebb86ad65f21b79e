import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// Requests one after the other over a connection that is kept (RFC 9112, section 9.3), for whoever asks one server for much: web seeds, catalogues.
///
/// Redirects are followed as by `HTTPClient`, and a server that they lead to keeps its connection too. A kept connection that turns out to be closed
/// before its answer is whole is opened anew, once. Each request has a deadline, and ends where nothing comes for a while.
package final class HTTPSession: Sendable {
  private struct Key: Hashable {
    let scheme: HTTPURL.Scheme
    let authority: String
  }

  private let group: any EventLoopGroup
  private let connector: HTTPConnector
  private let mayFollow: @Sendable (HTTPURL) -> Bool
  private let stall: TimeAmount
  private let kept = Mutex<[Key: any Channel]>([:])
  /// Servers whose connections are kept at a time.
  private static let most = 4

  /// A session on the group's loops.
  ///
  /// - Parameter stall: the longest time without a byte of an answer.
  package init(
    group: any EventLoopGroup, resolver: HostResolver = .shared, security: HTTPSecurity? = nil, stall: TimeAmount = .seconds(15),
    mayFollow: @escaping @Sendable (HTTPURL) -> Bool = { _ in true }
  ) {
    (self.group, self.mayFollow, self.stall) = (group, mayFollow, stall)
    connector = HTTPConnector(resolver: resolver, security: security)
  }

  deinit { close() }

  /// Closes the connections. The session may be used again.
  package func close() {
    let channels = kept.withLock { kept in
      defer { kept = [:] }
      return Array(kept.values)
    }
    for channel in channels { channel.close(promise: nil) }
  }

  /// Fetches a URL; one request at a time. Throws `HTTPClientError`, also where the deadline passes or the task is cancelled.
  package func get(
    _ url: HTTPURL, headers: HTTPFields = HTTPFields(), limits: HTTPLimits = HTTPLimits(), deadline: NIODeadline
  ) async throws(HTTPClientError) -> HTTPResponse {
    try await send(HTTPRequest(to: .url(url), fields: headers), limits: limits, deadline: deadline)
  }

  /// Sends a request to a server on the network, which may be sent twice where a kept connection turns out to be closed; one at a time. Throws as
  /// `get`.
  package func send(
    _ request: HTTPRequest, limits: HTTPLimits = HTTPLimits(), deadline: NIODeadline
  ) async throws(HTTPClientError) -> HTTPResponse {
    var request = request
    for _ in 0...limits.redirects {
      let response = try await exchange(request, limits, deadline)
      guard let next = try request.following(response) else { return response }
      guard case .url(let url) = next.destination, mayFollow(url) else {
        throw .redirectRefused("\(next.destination) may not be visited")
      }
      request = next
    }
    throw .tooManyRedirects(limit: limits.redirects)
  }

  private func exchange(
    _ request: HTTPRequest, _ limits: HTTPLimits, _ deadline: NIODeadline
  ) async throws(HTTPClientError) -> HTTPResponse {
    guard case .url(let url) = request.destination else { throw .malformed("a session is for servers on the network") }
    let key = Key(scheme: url.scheme, authority: url.authority)
    if let channel = kept.withLock({ $0.removeValue(forKey: key) }), channel.isActive {
      do {
        return try await ask(channel, request, key, limits, deadline)
      } catch .closedEarly {
        // It may have been closed while nobody asked for anything.
      }
    }
    return try await ask(try await open(request, deadline), request, key, limits, deadline)
  }

  private func open(_ request: HTTPRequest, _ deadline: NIODeadline) async throws(HTTPClientError) -> any Channel {
    let stall = stall
    let opened = connector.connect(request, on: group.any(), deadline: deadline).flatMapThrowing { channel in
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(IdleStateHandler(readTimeout: stall))
      try pipeline.addHTTPClientHandlers()
      try pipeline.addHandler(HTTPSessionHandler(stall: stall))
      channel.setOption(.autoRead, value: true).whenFailure { _ in }
      return channel
    }
    do {
      return try await opened.get()
    } catch {
      throw HTTPClientError(reading: error, limits: HTTPLimits())
    }
  }

  private func ask(
    _ channel: any Channel, _ request: HTTPRequest, _ key: Key, _ limits: HTTPLimits, _ deadline: NIODeadline
  ) async throws(HTTPClientError) -> HTTPResponse {
    let promise = channel.eventLoop.makePromise(of: HTTPSessionHandler.Answer.self)
    let timeout = channel.eventLoop.scheduleTask(deadline: deadline) {
      promise.fail(HTTPClientError.timedOut("\(request.destination)"))
      channel.close(promise: nil)
    }
    channel.eventLoop.execute {
      guard let handler = try? channel.pipeline.syncOperations.handler(type: HTTPSessionHandler.self) else {
        return promise.fail(HTTPClientError.closedEarly)
      }
      handler.ask(request, limits, promise, channel)
    }
    do {
      let answer = try await withTaskCancellationHandler {
        try await promise.futureResult.get()
      } onCancel: {
        promise.fail(HTTPClientError.cancelled)
        channel.close(promise: nil)
      }
      timeout.cancel()
      if answer.isKept { keep(channel, key) }
      return answer.response
    } catch {
      timeout.cancel()
      channel.close(promise: nil)
      throw HTTPClientError(reading: error, limits: limits)
    }
  }

  private func keep(_ channel: any Channel, _ key: Key) {
    let leaving = kept.withLock { kept in
      let other = kept.count >= Self.most ? kept.keys.first { $0 != key } : nil
      let leaving = [kept.updateValue(channel, forKey: key), other.flatMap { kept.removeValue(forKey: $0) }]
      return leaving.compactMap { $0 }
    }
    for former in leaving where former !== channel { former.close(promise: nil) }
  }
}
