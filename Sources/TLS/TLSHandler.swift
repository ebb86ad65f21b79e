import NIOCore
import OpenSSL

/// Wraps a channel in TLS: ciphertext on the side of the socket, plaintext on the other.
///
/// It begins when `TLSStart` comes from the other side. Then comes `TLSEstablished`, and plaintext; or an error, `TLSFailure`, and the end.
/// Nobody's plaintext passes before the peer's certificate was judged good. Handshakes are paced by the loop; what is written is encrypted
/// when it is flushed, all of it into one buffer, in full records.
package final class TLSHandler: ChannelDuplexHandler {
  package typealias InboundIn = ByteBuffer
  package typealias InboundOut = ByteBuffer
  package typealias OutboundIn = ByteBuffer
  package typealias OutboundOut = ByteBuffer

  enum Phase {
    case waiting, handshaking, established
    /// The client's certificate is not good, which it is told later: what comes meanwhile is passed over.
    case rejected
    /// There is no link any more: what comes is passed over, what is written fails.
    case over
  }

  let loop: TLSLoop
  let session: TLSSession
  private let peerRole: PeerRole
  private let picked: PickedEntry
  private let now: () -> Int64
  var phase = Phase.waiting
  var context: ChannelHandlerContext?
  /// Plaintext that waits for a flush.
  var unflushed: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
  /// Ciphertext that the session has written and nobody has sent yet; empty but for the moment.
  var outgoing = ByteBuffer()
  /// Bytes that the peer has made us say since the link last had room.
  var saidSinceWritable = 0
  /// Ciphertext that waits for the handshake's turn.
  private var waiting = ByteBuffer()
  private var isInLine = false
  /// What a client is told later.
  private var rejection: TLSFailure?
  /// What a peer may send before its handshake is through: certificates, and what may follow them.
  private static let longestHandshake = 192 << 10

  /// - Parameter now: seconds since 1970.
  package init(role: TLSRole, loop: TLSLoop, now: @escaping () -> Int64) throws(OpenSSLError) {
    (self.loop, self.now) = (loop, now)
    let picked = PickedEntry()
    self.picked = picked
    switch role {
    case .server(let entry):
      peerRole = .client
      session = try TLSSession(.server(picked.pick(entry)), now: now)
    case .torrentServer(let entrance, let choose):
      peerRole = .client
      session = try TLSSession(
        .choosingServer(entrance: entrance) { name in choose(name).map(picked.pick) }, now: now)
    case .client(let entry, let serverName):
      peerRole = .server
      session = try TLSSession(.client(picked.pick(entry), serverName: serverName), now: now)
    }
  }

  // MARK: The channel's events

  package func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  package func handlerRemoved(context: ChannelHandlerContext) {
    phase = .over
    failUnflushed(ChannelError.ioOnClosedChannel)
    self.context = nil
  }

  package func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
    guard event is TLSStart else { return context.triggerUserOutboundEvent(event, promise: promise) }
    begin()
    promise?.succeed()
  }

  private func begin() {
    guard phase == .waiting else { return }
    phase = .handshaking
    if peerRole == .server || waiting.readableBytes > 0 { getInLine() }
    context?.read()
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    switch phase {
    case .waiting, .handshaking:
      waiting.writeBuffer(&bytes)
      guard waiting.readableBytes <= Self.longestHandshake else {
        return fail(TLSFailure(kind: .handshake, reason: "the peer sent more than a handshake has"))
      }
      if phase == .handshaking { getInLine() }
    case .established: decrypt(bytes)
    case .rejected, .over: break
    }
    loop.recycle(bytes)
  }

  package func channelReadComplete(context: ChannelHandlerContext) {
    // Until the link stands nobody else reads; what a step of the handshake is already waiting for its turn with is enough.
    if phase == .rejected || (phase == .handshaking && !isInLine) { context.read() }
    context.fireChannelReadComplete()
  }

  package func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { saidSinceWritable = 0 }
    context.fireChannelWritabilityChanged()
  }

  package func channelInactive(context: ChannelHandlerContext) {
    if phase == .handshaking {
      phase = .over
      context.fireErrorCaught(TLSFailure(kind: .closed, reason: "the peer hung up during the TLS handshake"))
    }
    if phase == .rejected, let rejection {
      phase = .over
      context.fireErrorCaught(rejection)
    }
    phase = .over
    context.fireChannelInactive()
  }

  package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard phase != .over else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    unflushed.append((unwrapOutboundIn(data), promise))
  }

  package func flush(context: ChannelHandlerContext) {
    if phase == .established { encryptUnflushed() }
    context.flush()
  }

  package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    if phase == .established { sayGoodbye() }
    phase = .over
    failUnflushed(ChannelError.ioOnClosedChannel)
    context.close(mode: mode, promise: promise)
  }

  // MARK: The handshake

  private func getInLine() {
    guard !isInLine else { return }
    isInLine = true
    loop.pacing.enqueue(self)
  }

  private func takeStep() {
    guard phase == .handshaking, context != nil else { return }
    var bytes = ByteBuffer()
    swap(&bytes, &waiting)
    var progress = TLSSession.Progress.wantsInput
    collecting {
      bytes.withUnsafeReadableBytes { input in
        session.lend(input, output: self) { session in
          progress = session.handshake()
          if case .established = progress { progress = establish() }
        }
      }
    }
    settle(progress)
  }

  /// Called while the handshake's last bytes are lent, so that what the peer sent with them is read too.
  private func establish() -> TLSSession.Progress {
    guard let context, var link = picked.link(session, peerRole) else { return .established }
    do throws(CertificateRejection) { try link.catchUp(at: now()) } catch { return .rejected(error) }
    phase = .established
    sendOutgoing()
    context.fireUserInboundEventTriggered(TLSEstablished(link: link))
    if phase == .established, !unflushed.isEmpty {
      encryptUnflushed()
      context.flush()
    }
    deliver()
    return .established
  }

  private func settle(_ progress: TLSSession.Progress) {
    switch progress {
    case .wantsInput: context?.read()
    case .established:
      // Fails closed where a link could not be made of it.
      if phase == .handshaking { fail(TLSFailure(kind: .handshake, reason: "the link's facts could not be had")) }
    case .rejected(let rejection):
      let failure = TLSFailure(kind: .certificate(rejection), reason: rejection.reason)
      // As a server we have let the handshake end; as a client we have told the server by an alert.
      if peerRole == .client { turnAway(failure) } else { fail(failure) }
    case .unknownServerName: fail(TLSFailure(kind: .serverName, reason: "the name that the client asked for (SNI) stands for no torrent"))
    case .failed(let error): fail(TLSFailure(kind: .handshake, reason: "not a TLS handshake as we speak it: \(error)"))
    }
  }

  // MARK: The end

  /// The end comes at a moment that says nothing of what was found, nor whether it was the certificate's fault at all.
  private func turnAway(_ failure: TLSFailure) {
    guard let context else { return }
    (phase, rejection) = (.rejected, failure)
    // A handler runs on its own loop, which is what is assumed here.
    context.eventLoop.assumeIsolated().scheduleTask(in: RefusalDelay.random()) { [self] in
      guard phase == .rejected else { return }
      sayGoodbye()
      fail(failure)
    }
    context.read()
  }

  /// Says that nothing follows, as far as the link takes that now.
  private func sayGoodbye() {
    collecting {
      session.lend(UnsafeRawBufferPointer(start: nil, count: 0), output: self) { $0.close() }
    }
  }

  func fail(_ failure: TLSFailure) {
    guard phase != .over, let context else { return }
    phase = .over
    failUnflushed(failure)
    context.fireErrorCaught(failure)
    context.close(promise: nil)
  }

  private func failUnflushed(_ error: any Error) {
    let writes = unflushed
    unflushed = []
    for write in writes { write.promise?.fail(error) }
  }
}

extension TLSHandler: HandshakeStepping {
  func stepHandshake() {
    isInLine = false
    takeStep()
  }
}

@available(*, unavailable)
extension TLSHandler: Sendable {}

/// The entry that the link is of, which may be a client's choice, as it was when the handshake took it up.
private final class PickedEntry {
  private var entry: TLSEntry?
  private var generation: UInt64 = 0

  func pick(_ entry: TLSEntry) -> TLSParty {
    let current = entry.current
    (self.entry, generation) = (entry, current.generation)
    return current.party
  }

  func link(_ session: TLSSession, _ role: PeerRole) -> TLSLink? {
    entry.flatMap { TLSLink(session, entry: $0, generation: generation, role: role) }
  }
}
