import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP tracker on loopback whose answers a test decides.
struct TestHTTPTracker: Sendable {
  enum Reply: Sendable {
    case body([UInt8])
    case status(Int, String)
    case redirect(String)
    /// The body, one byte a write.
    case drip([UInt8])
    /// Says how long the body is and sends none of it.
    case stall
    /// A body of this many bytes without a length beforehand.
    case flood(Int)

    static func text(_ text: String) -> Reply { .body(Array(text.utf8)) }
  }

  /// What a running tracker has seen.
  final class Running: Sendable {
    private let seen = Mutex<[String]>([])
    private let boundPort = Mutex(0)

    var port: Int { boundPort.withLock { $0 } }
    /// The targets of the requests so far.
    var requests: [String] { seen.withLock { $0 } }

    fileprivate func note(_ target: String) { seen.withLock { $0.append(target) } }
    fileprivate func listen(_ channel: any Channel) { boundPort.withLock { $0 = channel.localAddress?.port ?? 0 } }
  }

  let reply: @Sendable (_ target: String) -> Reply

  init(_ reply: @escaping @Sendable (_ target: String) -> Reply) {
    self.reply = reply
  }

  /// Runs the body with the tracker on this address.
  @discardableResult
  func run<Result: Sendable>(on host: String = "127.0.0.1", port: Int = 0, _ body: (Running) async throws -> Result) async throws -> Result
  {
    let running = Running()
    let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { [reply] channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(TestHTTPTrackerHandler(reply: reply, running: running))
        }
      }
    let channel = try await bootstrap.bind(host: host, port: port).get()
    running.listen(channel)
    do {
      let result = try await body(running)
      try await channel.close()
      return result
    } catch {
      try? await channel.close()
      throw error
    }
  }
}

private final class TestHTTPTrackerHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let reply: @Sendable (String) -> TestHTTPTracker.Reply
  private let running: TestHTTPTracker.Running

  init(reply: @escaping @Sendable (String) -> TestHTTPTracker.Reply, running: TestHTTPTracker.Running) {
    (self.reply, self.running) = (reply, running)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let head) = unwrapInboundIn(data) else { return }
    running.note(head.uri)
    switch reply(head.uri) {
    case .body(let bytes): send(200, length: bytes.count, [bytes], context)
    case .status(let status, let text): send(status, length: text.utf8.count, [Array(text.utf8)], context)
    case .redirect(let location): send(302, length: 0, [], location: location, context)
    case .drip(let bytes): send(200, length: bytes.count, bytes.map { [$0] }, context)
    case .stall: send(200, length: 10, [], isWhole: false, context)
    case .flood(let count):
      send(200, length: nil, [[UInt8]](repeating: [UInt8](repeating: 0x30, count: 1 << 16), count: count >> 16), context)
    }
  }

  private func send(
    _ status: Int, length: Int?, _ parts: [[UInt8]], location: String? = nil, isWhole: Bool = true, _ context: ChannelHandlerContext
  ) {
    var headers = HTTPHeaders()
    if let length { headers.add(name: "Content-Length", value: "\(length)") }
    if let location { headers.add(name: "Location", value: location) }
    let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
    context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    for part in parts { context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: part)))), promise: nil) }
    if isWhole { context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
  }
}
