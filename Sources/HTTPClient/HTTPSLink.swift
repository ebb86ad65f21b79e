import NIOCore
import TLS

/// Makes an `https` link of a connection: TLS with the host's name, and a certificate that is for it.
enum HTTPSLink {
  /// The channel once its link stands; it is closed where none comes about. On the channel's loop.
  static func secure(
    _ channel: any Channel, to url: HTTPURL, _ security: HTTPSecurity, deadline: NIODeadline
  ) -> EventLoopFuture<any Channel> {
    let established = channel.eventLoop.makePromise(of: Void.self)
    // Who takes the connection and then says nothing is not waited for beyond the request's own time.
    let timeout = channel.eventLoop.scheduleTask(deadline: deadline) { channel.close(promise: nil) }
    do {
      try begin(channel, url, security, established)
    } catch {
      established.fail(HTTPClientError.tlsFailed(to: name(url), reason: "\(error)"))
    }
    let secured: EventLoopFuture<any Channel> = established.futureResult.map { channel }
    secured.whenComplete { result in
      timeout.cancel()
      if case .failure = result { channel.close(promise: nil) }
    }
    return secured
  }

  /// Without path and query, which may hold a passkey.
  private static func name(_ url: HTTPURL) -> String { "https://\(url.authority)" }

  private static func begin(
    _ channel: any Channel, _ url: HTTPURL, _ security: HTTPSecurity, _ established: EventLoopPromise<Void>
  ) throws {
    let entry = TLSEntry(name: "https", context: try security.context(), hostName: url.host.bare)
    let loop = TLSLoop(eventLoop: channel.eventLoop)
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(TLSHandler(role: .client(entry, serverName: url.host.name), loop: loop, now: security.now))
    try pipeline.addHandler(EstablishedHandler(established, destination: name(url)))
    channel.pipeline.triggerUserOutboundEvent(TLSStart(), promise: nil)
  }
}

/// Tells whether the link came about, and is gone then.
private final class EstablishedHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private let promise: EventLoopPromise<Void>
  private let destination: String

  init(_ promise: EventLoopPromise<Void>, destination: String) {
    (self.promise, self.destination) = (promise, destination)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is TLSEstablished else { return context.fireUserInboundEventTriggered(event) }
    // The response is for others.
    context.pipeline.syncOperations.removeHandler(self, promise: promise)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    promise.fail(HTTPClientError.tlsFailed(to: destination, reason: "\(error)"))
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.fail(HTTPClientError.tlsFailed(to: destination, reason: "the connection ended within the TLS handshake"))
    context.fireChannelInactive()
  }
}
