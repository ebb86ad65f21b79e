import Metainfo
import NIOCore
import PeerProtocol

/// What has come to a scripted peer, decoded, and who waits for more. Lives on the channel's loop.
final class ScriptedInbox: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let eventLoop: any EventLoop
  private var buffer = ByteBuffer()
  private var handshakeDecoder = HandshakeDecoder()
  private var decoder = PeerMessageDecoder(limits: MessageLimits(pieceCount: nil, block: 1 << 20))
  private var messages: [PeerMessage] = []
  private var waiting: (attempt: () -> Bool, fail: (String) -> Void)?
  private var failure: String?
  private var log: [String] = []
  private(set) var handshake: Handshake?
  private(set) var isClosed = false
  private(set) var byteCount = 0

  init(_ eventLoop: any EventLoop) {
    self.eventLoop = eventLoop
  }

  /// Puts an inbox on a channel; called on its loop.
  static func install(on channel: any Channel) throws -> NIOLoopBound<ScriptedInbox> {
    let inbox = ScriptedInbox(channel.eventLoop)
    try channel.pipeline.syncOperations.addHandler(inbox)
    return NIOLoopBound(inbox, eventLoop: channel.eventLoop)
  }

  func popMessage() -> PeerMessage? { messages.isEmpty ? nil : messages.removeFirst() }

  func popAll() -> [PeerMessage] {
    defer { messages.removeAll() }
    return messages
  }

  func take<Value: Sendable>(
    _ what: String, untilEnd: Bool, _ body: @escaping @Sendable (ScriptedInbox) -> Value?
  ) -> EventLoopFuture<Value> {
    let promise = eventLoop.makePromise(of: Value.self)
    let fail: (String) -> Void = { [self] why in
      promise.fail(ScriptedPeerFailure(description: "waited for \(what): \(why); so far came \(log.suffix(12))"))
    }
    let attempt: () -> Bool = { [self] in
      guard let value = body(self) else { return false }
      promise.succeed(value)
      return true
    }
    if attempt() { return promise.futureResult }
    if let failure { fail(failure) } else if isClosed { fail("the link ended") } else { wait(attempt, fail) }
    return promise.futureResult
  }

  private func wait(_ attempt: @escaping () -> Bool, _ fail: @escaping (String) -> Void) {
    let loopBound = NIOLoopBound(self, eventLoop: eventLoop)
    let deadline = eventLoop.scheduleTask(in: TimeAmount(ScriptedPeer.patience)) {
      loopBound.value.giveUp("nothing for \(ScriptedPeer.patience)")
    }
    waiting = (
      {
        guard attempt() else { return false }
        deadline.cancel()
        return true
      },
      { why in
        deadline.cancel()
        fail(why)
      }
    )
  }

  private func giveUp(_ why: String) {
    let waiter = waiting
    waiting = nil
    waiter?.fail(why)
  }

  private func tryAgain() {
    guard let waiter = waiting else { return }
    if waiter.attempt() { waiting = nil }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var incoming = unwrapInboundIn(data)
    byteCount += incoming.readableBytes
    buffer.writeBuffer(&incoming)
    do {
      try decode()
      tryAgain()
    } catch {
      failure = "\(error)"
      giveUp("\(error)")
    }
  }

  private func decode() throws {
    while !handshakeDecoder.isComplete, let progress = try handshakeDecoder.next(&buffer) {
      if case .complete(let handshake) = progress { self.handshake = handshake }
    }
    guard handshakeDecoder.isComplete else { return }
    while let message = try decoder.next(&buffer) {
      log.append(String("\(message)".prefix(80)))
      messages.append(message)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    isClosed = true
    tryAgain()
    giveUp("the link ended")
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A reset is an end like any other.
    context.close(promise: nil)
  }
}

@available(*, unavailable)
extension ScriptedInbox: Sendable {}
