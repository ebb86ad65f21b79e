import NIOCore
import TLS

/// What stands behind a TLS handler in a test: it lets the handshake begin, and keeps what comes of it. Lives on its loop.
final class LinkEnd: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  /// What has happened, in order: `established`, `bytes`, `failed`, `inactive`; the same twice in a row is there once.
  private(set) var story: [String] = []
  private(set) var link: TLSLink?
  private(set) var failure: TLSFailure?
  private(set) var received: [UInt8] = []
  private let isEager: Bool
  private let onEstablished: (ChannelHandlerContext) -> Void

  /// - Parameter isEager: whether the handshake begins with the link.
  init(isEager: Bool = true, onEstablished: @escaping (ChannelHandlerContext) -> Void = { _ in }) {
    (self.isEager, self.onEstablished) = (isEager, onEstablished)
  }

  func channelActive(context: ChannelHandlerContext) {
    if isEager { context.triggerUserOutboundEvent(TLSStart(), promise: nil) }
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard let event = event as? TLSEstablished else { return context.fireUserInboundEventTriggered(event) }
    tell("established")
    link = event.link
    onEstablished(context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    tell("bytes")
    received += unwrapInboundIn(data).readableBytesView
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    tell("failed")
    failure = error as? TLSFailure
  }

  func channelInactive(context: ChannelHandlerContext) {
    tell("inactive")
    context.fireChannelInactive()
  }

  private func tell(_ event: String) {
    if story.last != event { story.append(event) }
  }
}

/// Counts what goes to the socket. Lives on its loop.
final class SocketCounter: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private(set) var reads = 0
  private(set) var writes = 0
  private(set) var flushes = 0

  func read(context: ChannelHandlerContext) {
    reads += 1
    context.read()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    writes += 1
    context.write(data, promise: promise)
  }

  func flush(context: ChannelHandlerContext) {
    flushes += 1
    context.flush()
  }
}
