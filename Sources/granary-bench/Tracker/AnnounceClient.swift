import NIOCore
import NIOPosix

/// One connection that asks again as soon as it has an answer; where the tracker closes it, another is opened. On its loop.
final class AnnounceClient {
  private let requests: [ByteBuffer]
  private let port: Int
  private let loop: any EventLoop
  /// The address that it announces from; nil for any.
  private let source: String?
  /// Answers after which it ends by itself, and fulfils the promise.
  private let most: Int
  private let over: EventLoopPromise<Void>?
  private var next: Int
  private var channel: (any Channel)?
  private var asked: NIODeadline?
  private var isOver = false
  /// Seconds to each answer.
  private(set) var latencies: [Double] = []

  init(
    _ requests: [ByteBuffer], from first: Int, port: Int, loop: any EventLoop, source: String? = nil, most: Int = .max,
    over: EventLoopPromise<Void>? = nil
  ) {
    (self.requests, next, self.port, self.loop) = (requests, first, port, loop)
    (self.source, self.most, self.over) = (source, most, over)
  }

  func open() {
    guard !isOver else { return }
    let began = NIODeadline.now()
    let bound = NIOLoopBound(self, eventLoop: loop)
    var bootstrap = ClientBootstrap(group: loop)
    if let source, let address = try? SocketAddress(ipAddress: source, port: 0) { bootstrap = bootstrap.bind(to: address) }
    bootstrap = bootstrap.channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AnswerReader(client: bound.value)) }
    }
    bootstrap.connect(host: "127.0.0.1", port: port).whenComplete { result in
      switch result {
      case .success(let channel):
        bound.value.channel = channel
        bound.value.ask(since: began)
      // A lane that is lost would be load that is not there.
      case .failure: bound.value.open()
      }
    }
  }

  func stop() {
    isOver = true
    channel?.close(promise: nil)
  }

  /// - Parameter began: with a new connection, when that was begun: it is part of what an answer takes.
  private func ask(since began: NIODeadline = .now()) {
    guard !isOver else { return }
    guard latencies.count < most else {
      stop()
      over?.succeed()
      return
    }
    asked = began
    channel?.writeAndFlush(requests[next % requests.count], promise: nil)
    next += 1
  }

  fileprivate func answered(isClosing: Bool) {
    if let asked { latencies.append(Double((NIODeadline.now() - asked).nanoseconds) / 1e9) }
    asked = nil
    if !isClosing { ask() }
  }

  fileprivate func closed() {
    channel = nil
    open()
  }
}

/// Finds the ends of answers.
private final class AnswerReader: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let client: AnnounceClient
  private var bytes = ByteBuffer()

  init(client: AnnounceClient) { self.client = client }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    bytes.writeImmutableBuffer(unwrapInboundIn(data))
    let text = String(buffer: bytes)
    guard let end = text.firstRange(of: "\r\n\r\n") else { return }
    let head = text[..<end.lowerBound].lowercased()
    guard let field = head.firstRange(of: "content-length: "), let length = Int(head[field.upperBound...].prefix { $0.isNumber }),
      bytes.readableBytes >= head.utf8.count + 4 + length
    else { return }
    bytes.clear()
    let isClosing = head.hasPrefix("http/1.0") || head.contains("connection: close")
    client.answered(isClosing: isClosing)
    if isClosing { context.close(promise: nil) }
  }

  func channelInactive(context: ChannelHandlerContext) { client.closed() }
}
