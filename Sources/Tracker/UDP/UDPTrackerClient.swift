import HTTPClient
import NIOCore
import NIOPosix
import Synchronization

/// Speaks BEP 15 over one socket per address family, each opened when it is first needed.
package final class UDPTrackerClient: Sendable {
  private struct Sockets {
    var isClosed = false
    var handlers: [AddressFamily: EventLoopFuture<NIOLoopBound<UDPTrackerHandler>>] = [:]
    var channels: [any Channel] = []
  }

  private let loop: any EventLoop
  private let sources: [SocketAddress]
  private let retransmission: UDPRetransmission
  private let sockets = Mutex(Sockets())

  /// A client that sends from these local addresses, or from any where there is none of the family. Their ports are 0 or free.
  package init(group: any EventLoopGroup, sources: [SocketAddress] = [], retransmission: UDPRetransmission = UDPRetransmission()) {
    (loop, self.sources, self.retransmission) = (group.any(), sources, retransmission)
  }

  /// Asks a tracker and waits for its reply. Throws `timedOut` at the deadline or when the last retransmission stays unanswered,
  /// `refused` with the tracker's words, `unreachable`, `malformed` or `cancelled`.
  package func send(
    _ request: UDPTrackerRequest, to tracker: SocketAddress, deadline: NIODeadline
  ) async throws(TrackerError) -> UDPTrackerReply {
    let promise = loop.makePromise(of: UDPTrackerReply.self)
    let timeout = loop.scheduleTask(deadline: deadline) { promise.fail(TrackerError.timedOut) }
    promise.futureResult.whenComplete { _ in timeout.cancel() }
    let handler = handler(for: AddressFamily.v6.includes(tracker) ? .v6 : .v4)
    handler.whenSuccess { $0.value.begin(request, to: tracker, promise: promise) }
    handler.whenFailure { promise.fail(TrackerError.unreachable("cannot open a UDP socket: \($0)")) }
    do {
      return try await withTaskCancellationHandler {
        try await promise.futureResult.get()
      } onCancel: {
        promise.fail(TrackerError.cancelled)
      }
    } catch {
      throw error as? TrackerError ?? .unreachable("\(error)")
    }
  }

  /// Closes the sockets; what is under way fails, and nothing can be sent any more.
  package func close() async {
    let channels = sockets.withLock { sockets in
      sockets.isClosed = true
      return sockets.channels
    }
    for channel in channels { try? await channel.close() }
  }

  private func handler(for family: AddressFamily) -> EventLoopFuture<NIOLoopBound<UDPTrackerHandler>> {
    let promise = loop.makePromise(of: NIOLoopBound<UDPTrackerHandler>.self)
    let existing = sockets.withLock { sockets in
      let existing = sockets.isClosed ? loop.makeFailedFuture(ChannelError.alreadyClosed) : sockets.handlers[family]
      if existing == nil { sockets.handlers[family] = promise.futureResult }
      return existing
    }
    guard let existing else {
      open(family, promise)
      return promise.futureResult
    }
    promise.completeWith(existing)
    return existing
  }

  private func open(_ family: AddressFamily, _ promise: EventLoopPromise<NIOLoopBound<UDPTrackerHandler>>) {
    let bound = bind(family)
    bound.whenSuccess { [weak self] in self?.keep($0) }
    // A socket that could not be opened may be opened next time.
    bound.whenFailure { [weak self] _ in self?.sockets.withLock { $0.handlers[family] = nil } }
    let retransmission = retransmission
    let handler = bound.flatMapThrowing { channel in
      let handler = UDPTrackerHandler(channel: channel, retransmission: retransmission, addressLength: family == .v6 ? 16 : 4)
      try channel.pipeline.syncOperations.addHandler(handler)
      return NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }
    handler.cascade(to: promise)
  }

  private func bind(_ family: AddressFamily) -> EventLoopFuture<any Channel> {
    // A reply with more peers than a packet of the network holds comes in fragments and is longer than NIO's usual buffer.
    let bootstrap = DatagramBootstrap(group: loop)
      .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 16 << 10))
    if let source = sources.first(where: family.includes) { return bootstrap.bind(to: source) }
    return bootstrap.bind(host: family == .v6 ? "::" : "0.0.0.0", port: 0)
  }

  private func keep(_ channel: any Channel) {
    let isClosed = sockets.withLock { sockets in
      sockets.channels.append(channel)
      return sockets.isClosed
    }
    if isClosed { channel.close(promise: nil) }
  }
}
