import NIOCore

/// All exchanges with UDP trackers over one socket, on its loop.
final class UDPTrackerHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>
  typealias OutboundOut = AddressedEnvelope<ByteBuffer>

  private struct Pending {
    var exchange: UDPTrackerExchange
    let tracker: SocketAddress
    let promise: EventLoopPromise<UDPTrackerReply>
    var timer: Scheduled<Void>?
  }

  private let channel: any Channel
  private let retransmission: UDPRetransmission
  private let addressLength: Int
  private var pending: [UInt32: Pending] = [:]
  private var connections: [SocketAddress: UDPConnectionID] = [:]

  init(channel: any Channel, retransmission: UDPRetransmission, addressLength: Int) {
    (self.channel, self.retransmission, self.addressLength) = (channel, retransmission, addressLength)
  }

  private var now: Duration { .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }

  /// Begins an exchange; it ends with the promise, whoever completes that.
  func begin(_ request: UDPTrackerRequest, to tracker: SocketAddress, promise: EventLoopPromise<UDPTrackerReply>) {
    let transaction = freeTransaction()
    let exchange = UDPTrackerExchange(
      request, transaction: transaction, connection: connections[tracker], addressLength: addressLength, retransmission: retransmission)
    pending[transaction] = Pending(exchange: exchange, tracker: tracker, promise: promise)
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    promise.futureResult.hop(to: channel.eventLoop).whenComplete { _ in bound.value.forget(transaction) }
    step(transaction) { $0.start(now: $1) }
  }

  private func freeTransaction() -> UInt32 {
    var transaction = UInt32.random(in: .min ... .max)
    while pending[transaction] != nil { transaction = .random(in: .min ... .max) }
    return transaction
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let envelope = unwrapInboundIn(data)
    let datagram = Array(envelope.data.readableBytesView)
    guard let transaction = UDPTrackerExchange.transaction(of: datagram), pending[transaction]?.tracker == envelope.remoteAddress else {
      return
    }
    step(transaction) { $0.receive(datagram, now: $1) }
  }

  /// A socket's errors (an ICMP message for some datagram) end no exchange: it is sent again or times out.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {}

  func channelInactive(context: ChannelHandlerContext) {
    for entry in pending.values { entry.promise.fail(TrackerError.unreachable("the socket was closed")) }
  }

  private func step(_ transaction: UInt32, _ event: (inout UDPTrackerExchange, Duration) -> UDPTrackerExchange.Step) {
    guard var entry = pending[transaction] else { return }
    let known = entry.exchange.connection
    let step = event(&entry.exchange, now)
    // Only what this exchange has learned counts; another one may know more than it.
    if entry.exchange.connection != known { remember(entry.exchange.connection, of: entry.tracker) }
    switch step {
    case .send(let datagram, let until):
      entry.timer?.cancel()
      entry.timer = schedule(transaction, at: until)
      write(datagram, to: entry.tracker, for: entry.promise)
    case .ignore: break
    case .finish(let reply): entry.promise.succeed(reply)
    case .fail(let error): entry.promise.fail(error)
    }
    // The promise may have been completed within this call, and its exchange forgotten.
    if pending[transaction] != nil { pending[transaction] = entry }
  }

  private func schedule(_ transaction: UInt32, at time: Duration) -> Scheduled<Void> {
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    return channel.eventLoop.scheduleTask(in: TimeAmount(time - now)) {
      bound.value.step(transaction) { $0.timedOut(now: $1) }
    }
  }

  private func write(_ datagram: [UInt8], to tracker: SocketAddress, for promise: EventLoopPromise<UDPTrackerReply>) {
    let written = channel.writeAndFlush(AddressedEnvelope(remoteAddress: tracker, data: ByteBuffer(bytes: datagram)))
    written.whenFailure { promise.fail(TrackerError.unreachable("cannot send to \(tracker): \($0)")) }
  }

  private func forget(_ transaction: UInt32) {
    pending.removeValue(forKey: transaction)?.timer?.cancel()
  }

  private func remember(_ connection: UDPConnectionID?, of tracker: SocketAddress) {
    // Few trackers are spoken to within a minute; the sweep keeps it at those.
    if connections.count > 256 { connections = connections.filter { $0.value.isUsable(at: now) } }
    connections[tracker] = connection
  }
}
