import NIOCore
import NIOHTTP1

/// Cuts a response's body into lines and hands each over as it comes; reads no faster than they are taken.
final class HTTPLinesHandler: ChannelInboundHandler, HTTPResponseSink {
  typealias InboundIn = HTTPClientResponsePart
  typealias Producer = NIOThrowingAsyncSequenceProducer<
    String, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, HTTPLinesDelegate
  >

  private let limits: HTTPLimits
  private let source: Producer.Source
  private let onHead: () -> Void
  private var head: HTTPResponseHead?
  private var pending = ByteBuffer()
  /// How many bytes of `pending` are known to hold no line's end.
  private var searched = 0

  /// `onHead` is told once the response's head is there.
  init(limits: HTTPLimits, source: Producer.Source, onHead: @escaping () -> Void) {
    (self.limits, self.source, self.onHead) = (limits, source, onHead)
  }

  var hasHead: Bool { head != nil }
  private var isSuccess: Bool { head.map { (200..<300).contains($0.status.code) } ?? false }

  func handlerAdded(context: ChannelHandlerContext) {
    if !context.channel.isActive { source.finish(HTTPClientError.closedEarly) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      onHead()
    case .body(var part):
      pending.writeBuffer(&part)
      if isSuccess { yieldLines(context) }
      if pending.readableBytes > limits.body { fail(.bodyTooLarge(limit: limits.body), context) }
    case .end:
      finish(context)
    }
  }

  private func yieldLines(_ context: ChannelHandlerContext) {
    var lines: [String] = []
    while let line = nextLine() { lines.append(line) }
    guard !lines.isEmpty else { return }
    pending.discardReadBytes()
    // The delegate switches reading on again.
    if case .stopProducing = source.yield(contentsOf: lines) {
      context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
    }
  }

  private func nextLine() -> String? {
    let unsearched = pending.readableBytesView.dropFirst(searched)
    guard let end = unsearched.firstIndex(of: UInt8(ascii: "\n")) else {
      searched = pending.readableBytes
      return nil
    }
    searched = 0
    let line = pending.readString(length: end - pending.readerIndex)
    pending.moveReaderIndex(forwardBy: 1)
    return line?.last == "\r" ? line.map { String($0.dropLast()) } : line
  }

  private func finish(_ context: ChannelHandlerContext) {
    if isSuccess {
      if pending.readableBytes > 0 { _ = source.yield(String(buffer: pending)) }
      source.finish()
    } else {
      let status = head.map { Int($0.status.code) } ?? 0
      source.finish(HTTPClientError.unexpectedStatus(status, body: Array(pending.readableBytesView)))
    }
    context.close(promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    fail(HTTPClientError(reading: error, limits: limits), context)
  }

  func channelInactive(context: ChannelHandlerContext) {
    source.finish(HTTPClientError.closedEarly)
  }

  private func fail(_ error: HTTPClientError, _ context: ChannelHandlerContext) {
    source.finish(error)
    context.close(promise: nil)
  }
}

/// Starts and ends the reading for whoever takes the lines.
final class HTTPLinesDelegate: NIOAsyncSequenceProducerDelegate {
  private let channel: EventLoopFuture<any Channel>

  init(channel: EventLoopFuture<any Channel>) {
    self.channel = channel
  }

  func produceMore() {
    channel.whenSuccess { $0.setOption(.autoRead, value: true).whenFailure { _ in } }
  }

  func didTerminate() {
    channel.whenSuccess { $0.close(promise: nil) }
  }
}
