import NIOCore

/// Who gets a response's parts and can say how far it has come.
protocol HTTPResponseSink: AnyObject {
  /// Whether the final head has been taken.
  var hasHead: Bool { get }
}

/// Counts a response's bytes before they are parsed, so that neither header nor framing can grow beyond the limits.
final class HTTPWireLimitHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let limits: HTTPLimits
  /// Nil where the whole response may be as long as it likes (`HTTPClient.lines`).
  private let total: Int?
  private let sink: any HTTPResponseSink
  private var count = 0
  private var hasFailed = false

  /// A limiter in front of the parser whose parts go to the sink.
  init(limits: HTTPLimits, total: Int?, sink: any HTTPResponseSink) {
    (self.limits, self.total, self.sink) = (limits, total, sink)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var buffer = unwrapInboundIn(data)
    // Before the head is complete the parser gets no more than the limit; what follows goes on only once it is.
    if !sink.hasHead, let part = buffer.readSlice(length: min(buffer.readableBytes, limits.head - count)), part.readableBytes > 0 {
      forward(part, context)
    }
    guard buffer.readableBytes > 0, !hasFailed else { return }
    guard sink.hasHead else { return fail(.headTooLarge(limit: limits.head), context) }
    forward(buffer, context)
  }

  private func forward(_ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
    let (sum, overflow) = count.addingReportingOverflow(buffer.readableBytes)
    count = overflow ? Int.max : sum
    if let total, count > total { return fail(.bodyTooLarge(limit: limits.body), context) }
    context.fireChannelRead(wrapInboundOut(buffer))
  }

  private func fail(_ error: HTTPClientError, _ context: ChannelHandlerContext) {
    hasFailed = true
    context.fireErrorCaught(error)
  }
}
