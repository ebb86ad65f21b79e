import NIOCore
import NIOPosix
import TestSupport

/// A peer that sends any bytes at all, right or wrong, and tells what came back.
struct RawPeer: Sendable {
  /// What arrived next.
  enum Arrival: Sendable, Equatable {
    /// A whole message; keep-alives are left out.
    case message(id: UInt8, payload: [UInt8])
    /// The other side hung up.
    case closed
    /// Nothing, in the time given.
    case silence
  }

  private let channel: any Channel
  private let inbox: NIOLoopBound<RawInbox>

  /// Dials `HOST:PORT` from a loopback address of one's own.
  static func dial(_ endpoint: String, from source: String = "127.0.0.1") async throws -> RawPeer {
    guard let colon = endpoint.lastIndex(of: ":"), let port = Int(endpoint[endpoint.index(after: colon)...]) else {
      throw ProcessFailure("not an endpoint: \(endpoint)")
    }
    let host = endpoint[..<colon].trimming { $0 == "[" || $0 == "]" }
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let inbox = try await loop.submit { NIOLoopBound(RawInbox(eventLoop: loop), eventLoop: loop) }.get()
    let channel = try await ClientBootstrap(group: loop)
      .connectTimeout(TimeAmount(ScriptedPeer.patience))
      .bind(to: SocketAddress(ipAddress: source, port: 0))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(inbox.value) }
      }
      .connect(host: host, port: port).get()
    return RawPeer(channel: channel, inbox: inbox)
  }

  /// Sends the bytes. That the other side has hung up is no error: what counts is what it sent.
  func send(_ bytes: [UInt8]) async {
    try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
  }

  /// Sends a message with its length.
  func send(id: UInt8, _ payload: [UInt8] = []) async {
    await send(PeerBytes.message(id: id, payload))
  }

  /// The next `count` bytes; nil if the other side hangs up or stays silent before they are there.
  func bytes(_ count: Int, within limit: Duration = .seconds(30)) async throws -> [UInt8]? {
    try await channel.eventLoop.flatSubmit { [inbox] in inbox.value.take(count, within: limit) }.get()
  }

  /// The next message, hang-up or silence.
  func next(within limit: Duration = .seconds(30)) async throws -> Arrival {
    while let head = try await bytes(4, within: limit) {
      let length = head.reduce(0) { $0 << 8 | Int($1) }
      if length == 0 { continue }
      guard let body = try await bytes(length, within: limit), let id = body.first else { break }
      return .message(id: id, payload: Array(body.dropFirst()))
    }
    return try await isClosed() ? .closed : .silence
  }

  /// The first message with one of these ids; what comes before it is passed over. Nil when none comes.
  func first(_ ids: Set<UInt8>, within limit: Duration = .seconds(30)) async throws -> (id: UInt8, payload: [UInt8])? {
    while case .message(let id, let payload) = try await next(within: limit) {
      if ids.contains(id) { return (id, payload) }
    }
    return nil
  }

  /// Whether the other side hangs up in time; what it still sends is passed over.
  func isHungUp(within limit: Duration = .seconds(30)) async throws -> Bool {
    try await channel.eventLoop.flatSubmit { [inbox] in inbox.value.end(within: limit) }.get()
  }

  /// Takes nothing more off the link, or does so again.
  func setReading(_ isReading: Bool) async throws { try await channel.setOption(.autoRead, value: isReading).get() }

  /// Hangs up.
  func close() async { try? await channel.close() }

  private func isClosed() async throws -> Bool {
    try await channel.eventLoop.submit { [inbox] in inbox.value.isClosed }.get()
  }
}

/// Keeps what arrives until somebody takes it.
private final class RawInbox: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private(set) var isClosed = false
  private let eventLoop: any EventLoop
  private var buffer = ByteBuffer()
  private var waiters: [(isMet: (RawInbox) -> Bool, promise: EventLoopPromise<Void>)] = []

  init(eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  func take(_ count: Int, within limit: Duration) -> EventLoopFuture<[UInt8]?> {
    wait(within: limit) { $0.buffer.readableBytes >= count || $0.isClosed }
      .assumeIsolated().map { self.buffer.readBytes(length: count) }.nonisolated()
  }

  func end(within limit: Duration) -> EventLoopFuture<Bool> {
    wait(within: limit) { $0.isClosed }.assumeIsolated().map { self.isClosed }.nonisolated()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    buffer.writeBuffer(&bytes)
    wake()
  }

  func channelInactive(context: ChannelHandlerContext) {
    isClosed = true
    wake()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A reset is a hang-up too; what counts is that the channel ends.
    context.close(promise: nil)
  }

  private func wait(within limit: Duration, until isMet: @escaping (RawInbox) -> Bool) -> EventLoopFuture<Void> {
    let promise = eventLoop.makePromise(of: Void.self)
    let deadline = eventLoop.scheduleTask(in: TimeAmount(limit)) { promise.succeed() }
    promise.futureResult.whenComplete { _ in deadline.cancel() }
    waiters.append((isMet, promise))
    wake()
    return promise.futureResult
  }

  private func wake() {
    let met = waiters.filter { $0.isMet(self) }
    waiters.removeAll { $0.isMet(self) }
    for waiter in met { waiter.promise.succeed() }
  }
}

extension StringProtocol {
  fileprivate func trimming(_ isOuter: (Character) -> Bool) -> String {
    String(drop(while: isOuter).reversed().drop(while: isOuter).reversed())
  }
}
