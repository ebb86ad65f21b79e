import Foundation
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import Synchronization
import TLS

/// A server's channel: with our TLS in front where there is an entry, mutual as everywhere, and what can be answered at once answered before it.
struct FaceChannel: ServerChildChannel {
  typealias Value = HTTP1Channel.Value

  let base: HTTP1Channel
  /// The closure nil for a plain link.
  let entry: (@Sendable () -> TLSEntry?)?
  /// Nil where the server answers everything.
  let quick: QuickLane.Answer?

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    secure(channel).flatMap { base.setup(channel: channel, logger: logger) }.flatMapThrowing { value in
      guard let quick else { return value }
      let pipeline = channel.pipeline.syncOperations
      let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
      try pipeline.addHandler(QuickLane(isSecure: entry != nil, answer: quick), position: .after(decoder))
      return value
    }
  }

  private func secure(_ channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      guard let makeEntry = entry else { return }
      guard let entry = makeEntry() else { throw NoCertificate() }
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(
        TLSHandler(role: .server(entry), loop: TLSLoop(eventLoop: channel.eventLoop), now: { Int64(time(nil)) }))
      try pipeline.addHandler(SecureLinkHolder())
    }
  }

  func handle(value: Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

/// There is nothing to show on a listener now: its entry under `tls` is gone.
struct NoCertificate: Error {}

/// Begins the handshake, and knows the link once it stands. Whoever asks may be on another thread.
final class SecureLinkHolder: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private let held = Mutex<TLSLink?>(nil)

  /// The link as certificates and lists of revocations are now; nil until it stands, and where it would not any more.
  func link(at moment: Int64) -> TLSLink? {
    held.withLock { held in
      guard var link = held else { return nil }
      // Forgotten where it is worth nothing any more: to judge it at each question would be work that anybody could ask for.
      held = (try? link.catchUp(at: moment)) == nil ? nil : link
      return held
    }
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { context.triggerUserOutboundEvent(TLSStart(), promise: nil) }
  }

  func channelActive(context: ChannelHandlerContext) {
    context.triggerUserOutboundEvent(TLSStart(), promise: nil)
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let established = event as? TLSEstablished { held.withLock { $0 = established.link } }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard error is TLSFailure else { return context.fireErrorCaught(error) }
    context.close(promise: nil)
  }
}
