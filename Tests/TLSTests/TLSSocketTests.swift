import NIOCore
import NIOPosix
import OpenSSL
import TLS
import TestSupport
import Testing

/// Links over real sockets on one loop.
struct TLSSocketTests {
  /// A group of one thread, whose loop's TLS is made on it.
  private final class Loop: Sendable {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let tls: NIOLoopBound<TLSLoop>

    init() async throws {
      let eventLoop = group.next()
      tls = try await eventLoop.submit { NIOLoopBound(TLSLoop(eventLoop: eventLoop), eventLoop: eventLoop) }.get()
    }
  }

  private func link(
    _ loop: Loop, _ rig: LinkRig, _ end: @escaping @Sendable (EventLoopPromise<Bulk.Result>) -> Bulk
  ) async throws -> [Bulk.Result] {
    let now = rig.authority.now
    let promises = (0..<2).map { _ in loop.group.next().makePromise(of: Bulk.Result.self) }
    @Sendable func install(_ channel: any Channel, _ role: TLSRole, _ promise: EventLoopPromise<Bulk.Result>) -> EventLoopFuture<Void> {
      channel.eventLoop.makeCompletedFuture {
        let handler = try TLSHandler(role: role, loop: loop.tls.value) { now }
        try channel.pipeline.syncOperations.addHandlers([handler, end(promise)] as [any ChannelHandler])
      }
    }
    let (server, client) = (TLSRole.server(rig.server), TLSRole.client(rig.client, serverName: nil))
    let listener = try await ServerBootstrap(group: loop.group).childChannelInitializer { install($0, server, promises[0]) }
      .bind(host: "127.0.0.1", port: 0).get()
    let address = try #require(listener.localAddress)
    let channel = try await ClientBootstrap(group: loop.group).channelInitializer { install($0, client, promises[1]) }
      .connect(to: address).get()
    let results = [try await promises[0].futureResult.get(), try await promises[1].futureResult.get()]
    try await channel.close().get()
    try await listener.close().get()
    try await loop.group.shutdownGracefully()
    return results
  }

  // Three minutes under the thread sanitizer.
  @Test(.timeLimit(.minutes(15)))
  func sixteenMebibytesPassBothWaysAtOnce() async throws {
    let (rig, loop) = (try LinkRig(), try await Loop())
    let results = try await link(loop, rig) { Bulk(total: 16 << 20, $0) }
    for result in results { #expect(result == Bulk.Result(received: 16 << 20, isInOrder: true)) }
  }
}

/// Sends so many bytes in batches as the link takes them, and checks as many that come. Lives on its loop.
private final class Bulk: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  struct Result: Sendable, Equatable {
    var received: Int
    var isInOrder: Bool
  }

  private let total: Int
  private let done: EventLoopPromise<Result>
  private var result = Result(received: 0, isInOrder: true)
  private var sent = 0

  init(total: Int, _ done: EventLoopPromise<Result>) { (self.total, self.done) = (total, done) }

  func channelActive(context: ChannelHandlerContext) { context.triggerUserOutboundEvent(TLSStart(), promise: nil) }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is TLSEstablished { send(context) }
  }

  /// The byte at a place of the stream.
  private static func byte(_ place: Int) -> UInt8 { UInt8(truncatingIfNeeded: place &* 2_654_435_761 >> 11) }

  private func send(_ context: ChannelHandlerContext) {
    guard sent < total else { return }
    let count = min(1_000_003, total - sent)
    let batch = ByteBuffer(bytes: (sent..<sent + count).lazy.map(Self.byte))
    sent += count
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenSuccess { self.send(context) }
    context.writeAndFlush(wrapOutboundOut(batch), promise: written)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    for byte in unwrapInboundIn(data).readableBytesView {
      if byte != Self.byte(result.received) { result.isInOrder = false }
      result.received += 1
    }
    if result.received >= total { done.succeed(result) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { done.fail(error) }

  func channelInactive(context: ChannelHandlerContext) { done.fail(ChannelError.eof) }
}
