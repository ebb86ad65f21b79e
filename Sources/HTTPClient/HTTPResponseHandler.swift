import NIOCore
import NIOHTTP1

/// Gathers one response and hands it over.
final class HTTPResponseHandler: ChannelInboundHandler, HTTPResponseSink {
  typealias InboundIn = HTTPClientResponsePart

  private let limits: HTTPLimits
  private let promise: EventLoopPromise<HTTPResponse>
  private var head: HTTPResponseHead?
  private var body = ByteBuffer()

  /// The promise may be failed by others too; the first result counts.
  init(limits: HTTPLimits, promise: EventLoopPromise<HTTPResponse>) {
    (self.limits, self.promise) = (limits, promise)
  }

  var hasHead: Bool { head != nil }

  func handlerAdded(context: ChannelHandlerContext) {
    if !context.channel.isActive { promise.fail(HTTPClientError.closedEarly) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): take(head, context)
    case .body(var part): take(&part, context)
    case .end: finish(context)
    }
  }

  private func take(_ head: HTTPResponseHead, _ context: ChannelHandlerContext) {
    self.head = head
    if let problem = HTTPClientError(head: head, limits: limits) { fail(problem, context) }
  }

  private func take(_ part: inout ByteBuffer, _ context: ChannelHandlerContext) {
    guard part.readableBytes <= limits.body - body.readableBytes else {
      return fail(.bodyTooLarge(limit: limits.body), context)
    }
    body.writeBuffer(&part)
  }

  private func finish(_ context: ChannelHandlerContext) {
    guard let head else { return }
    promise.succeed(HTTPResponse(status: Int(head.status.code), fields: HTTPFields(head.headers), body: body))
    context.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    fail(HTTPClientError(reading: error, limits: limits), context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    promise.fail(HTTPClientError.closedEarly)
  }

  private func fail(_ error: HTTPClientError, _ context: ChannelHandlerContext) {
    promise.fail(error)
    context.close(promise: nil)
  }
}

extension HTTPClientError {
  /// What is wrong with a response by its head alone, else nil.
  init?(head: HTTPResponseHead, limits: HTTPLimits) {
    let encoding = head.headers.first(name: "Content-Encoding")?.lowercased()
    if let encoding, !encoding.isEmpty, encoding != "identity" {
      self = .unsupportedEncoding(encoding)
    } else if let length = head.headers.first(name: "Content-Length"), Int(length).map({ $0 > limits.body }) ?? true {
      self = .bodyTooLarge(limit: limits.body)
    } else {
      return nil
    }
  }

  /// The error that a channel's error while reading amounts to.
  init(reading error: any Error, limits: HTTPLimits) {
    switch error {
    case let error as HTTPClientError: self = error
    case HTTPParserError.headerOverflow: self = .headTooLarge(limit: limits.head)
    case HTTPParserError.invalidEOFState: self = .closedEarly
    case is IOError: self = .closedEarly
    default: self = .malformed("\(error)")
    }
  }
}

extension HTTPFields {
  init(_ headers: HTTPHeaders) {
    self.init()
    for (name, value) in headers { add(name: name, value: value) }
  }
}
