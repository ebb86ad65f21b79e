import NIOCore
import NIOHTTP1

/// One question at a time on a connection that is kept.
final class HTTPSessionHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  /// An answer, and whether another question may follow it.
  struct Answer: Sendable {
    let response: HTTPResponse
    let isKept: Bool
  }

  private struct Exchange {
    let began = NIODeadline.now()
    let limits: HTTPLimits
    let promise: EventLoopPromise<Answer>
    var head: HTTPResponseHead?
    var body = ByteBuffer()
  }

  private var exchange: Exchange?
  /// The longest time without a byte of an answer.
  private let stall: TimeAmount

  init(stall: TimeAmount) { self.stall = stall }

  /// On the channel's loop; the former question must have its answer.
  func ask(_ request: HTTPRequest, _ limits: HTTPLimits, _ promise: EventLoopPromise<Answer>, _ channel: any Channel) {
    guard exchange == nil, channel.isActive else { return promise.fail(HTTPClientError.closedEarly) }
    exchange = Exchange(limits: limits, promise: promise)
    var head = HTTPRequestHead(request)
    head.headers.replaceOrAdd(name: "Connection", value: "keep-alive")
    channel.write(HTTPClientRequestPart.head(head), promise: nil)
    if let body = request.body { channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil) }
    channel.writeAndFlush(HTTPClientRequestPart.end(nil)).whenFailure { [weak channel] error in
      channel?.pipeline.fireErrorCaught(error)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard exchange != nil else { return context.close(promise: nil) }
    switch unwrapInboundIn(data) {
    case .head(let head): take(head, context)
    case .body(let part): take(part, context)
    case .end: finish(context)
    }
  }

  private func take(_ head: HTTPResponseHead, _ context: ChannelHandlerContext) {
    exchange?.head = head
    if let limits = exchange?.limits, let problem = HTTPClientError(head: head, limits: limits) { fail(problem, context) }
  }

  private func take(_ part: ByteBuffer, _ context: ChannelHandlerContext) {
    guard let current = exchange, part.readableBytes <= current.limits.body - current.body.readableBytes else {
      return fail(.bodyTooLarge(limit: exchange?.limits.body ?? 0), context)
    }
    exchange?.body.writeImmutableBuffer(part)
  }

  private func finish(_ context: ChannelHandlerContext) {
    guard let done = exchange, let head = done.head else { return }
    exchange = nil
    let isKept = head.isKeepAlive && context.channel.isActive
    let response = HTTPResponse(status: Int(head.status.code), fields: HTTPFields(head.headers), body: done.body)
    done.promise.succeed(Answer(response: response, isKept: isKept))
    if !isKept { context.close(promise: nil) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
    // The time before the question was nobody's: the timer comes again.
    if let exchange, exchange.head == nil, .now() - exchange.began < stall { return }
    fail(.timedOut("the server: nothing has come for a while"), context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    fail(HTTPClientError(reading: error, limits: exchange?.limits ?? HTTPLimits()), context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    exchange?.promise.fail(HTTPClientError.closedEarly)
    exchange = nil
  }

  private func fail(_ error: HTTPClientError, _ context: ChannelHandlerContext) {
    exchange?.promise.fail(error)
    exchange = nil
    context.close(promise: nil)
  }
}
