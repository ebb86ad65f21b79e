import NIOCore
import NIOPosix
import Synchronization

/// A UDP tracker on loopback whose answers a test decides.
struct TestUDPTracker: Sendable {
  /// A request as it came: 16 bytes of header, then the body.
  struct Request: Sendable {
    let datagram: [UInt8]

    var connection: UInt64 { number(0..<8) }
    var action: UInt32 { UInt32(number(8..<12)) }
    var transaction: UInt32 { UInt32(number(12..<16)) }
    var infoHash: [UInt8] { Array(datagram.dropFirst(16).prefix(20)) }

    private func number(_ range: Range<Int>) -> UInt64 {
      datagram.indices.contains(range.upperBound - 1) ? datagram[range].reduce(0) { $0 << 8 | UInt64($1) } : 0
    }

    /// A reply to this request.
    func reply(_ action: UInt32, _ rest: [UInt8] = []) -> [UInt8] {
      withUnsafeBytes(of: (action.bigEndian, transaction.bigEndian), Array.init) + rest
    }

    /// The connect reply with this connection id.
    func connected(_ id: UInt64) -> [UInt8] { reply(0, withUnsafeBytes(of: id.bigEndian, Array.init)) }

    /// The announce reply with an interval of 600 s, one leecher, two seeders and these packed peers.
    func announced(_ peers: [UInt8] = []) -> [UInt8] { reply(1, [0, 0, 2, 0x58, 0, 0, 0, 1, 0, 0, 0, 2] + peers) }
  }

  /// What a running tracker has seen.
  final class Running: Sendable {
    let address: SocketAddress
    private let seen = Mutex<[Request]>([])

    fileprivate init(address: SocketAddress) {
      self.address = address
    }

    var requests: [Request] { seen.withLock { $0 } }

    fileprivate func note(_ request: Request) { seen.withLock { $0.append(request) } }
  }

  /// The datagrams sent back to a request, whose number counts from 0.
  let reply: @Sendable (_ request: Request, _ number: Int) -> [[UInt8]]

  init(_ reply: @escaping @Sendable (_ request: Request, _ number: Int) -> [[UInt8]]) {
    self.reply = reply
  }

  /// Runs the body with the tracker on this address.
  @discardableResult
  func run<Result: Sendable>(on host: String = "127.0.0.1", port: Int = 0, _ body: (Running) async throws -> Result) async throws -> Result
  {
    let channel = try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup).bind(host: host, port: port).get()
    guard let address = channel.localAddress else { throw ChannelError.unknownLocalAddress }
    let running = Running(address: address)
    try await channel.eventLoop.submit { [reply] in
      try channel.pipeline.syncOperations.addHandler(TestUDPTrackerHandler(reply: reply, running: running))
    }.get()
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

private final class TestUDPTrackerHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  typealias OutboundOut = AddressedEnvelope<ByteBuffer>

  private let reply: @Sendable (TestUDPTracker.Request, Int) -> [[UInt8]]
  private let running: TestUDPTracker.Running
  private var count = 0

  init(reply: @escaping @Sendable (TestUDPTracker.Request, Int) -> [[UInt8]], running: TestUDPTracker.Running) {
    (self.reply, self.running) = (reply, running)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let envelope = unwrapInboundIn(data)
    let request = TestUDPTracker.Request(datagram: Array(envelope.data.readableBytesView))
    running.note(request)
    for datagram in reply(request, count) {
      let envelope = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: datagram))
      context.writeAndFlush(wrapOutboundOut(envelope), promise: nil)
    }
    count += 1
  }
}
