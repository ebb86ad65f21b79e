import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Synchronization
import TLS

/// One connection: bytes in, session, chain, upload queue, bytes out. Lives on its event loop and translates; it decides nothing itself.
///
/// The route of a `request`:
///
/// | # | where | does |
/// |---|---|---|
/// | 1 | `Listener` | accepts under the caps, installs this handler |
/// | 2 | `PeerMessageDecoder` | bytes to `request`; every length checked before it is believed |
/// | 3 | `PeerSession` | validates against state and piece layout, else a protocol violation |
/// | 4 | `Grant`, `PeerPluginChain` | every guard must allow (O(1)); then the handlers in YAML order |
/// | 5 | `UploadQueue` | bounded queue of requests, not data |
/// | 6 | `ArtifactReader` | many blocks with their headers into one buffer |
/// | 7 | the channel | one write; the next when it is writable |
final class PeerConnection: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = Never
  typealias OutboundOut = ByteBuffer

  /// Where the connection is in its life.
  enum Phase {
    /// Guards are being asked (after accept, or after the handshake); reading is paused.
    case admitting
    /// The peer's handshake is awaited. Next: `admitting`, `closed`.
    case handshaking
    /// A guard has words with the peer. Next: `admitting`, `closed`.
    case conversing
    /// Authorized: messages flow. Next: `draining`, `closed`.
    case active
    /// What is queued goes out, nothing new is taken. Next: `closed`.
    case draining
    case closed
  }

  let core: EngineCore
  let loop: EngineLoop
  let number: PeerNumber
  let address: PeerAddress
  let direction: PeerFacts.Direction
  let began: ContinuousClock.Instant

  var phase = Phase.admitting
  var facts: PeerFacts
  var context: ChannelHandlerContext?
  /// For a connection that we dialed: the artifact and the info-hash that we name.
  let target: DialTarget?

  // Bytes in.
  var received: ByteBuffer?
  /// How its channel is read into memory; set as soon as there is one.
  var receiving: ReceivingManner?
  var handshakeDecoder = HandshakeDecoder()
  var decoder: PeerMessageDecoder
  var isReadPaused = false
  var isReadPending = false

  // Authorized.
  var active: ActivePeer?
  /// The policy by which the connection is judged.
  var pipeline: Pipeline
  /// The extended messages that we have announced to the peer.
  var messages: MessageTable
  var wasAuthorized = false
  var isLinked = false
  /// What there is to know of a TLS link; nil on a plain one.
  let secure: SecureLink?
  /// The words that a guard has with the peer; nil where there are none to have.
  var dialogue: PeerDialogue?
  /// The artifact that the guards were asked about, held in memory for this connection.
  var judged: Swarm?
  /// Why the artifact that the handshake names could not be loaded.
  var loadFailure: String?
  /// When the peer's handshake was complete.
  var named: NIODeadline?
  /// The end of a peer that was refused.
  var refusal: Scheduled<Void>?
  /// When the guards' word on the connection itself stops being true.
  var connectUntil: WallTime?
  /// Whether it rests on an approval.
  var isApproved = false
  var admission: Task<Void, Never>?
  var handshakeSent = false

  // Bytes out.
  var control: ByteBuffer
  var controlSinceWritable = 0
  var inFlight = 0
  var isReadingDisk = false
  var isWriting = false
  var isPumpScheduled = false
  var isWaitingForTokens = false
  var askingAgain: Scheduled<Void>?
  var batchLimit = 16
  var isHandlingEvent = false
  var hashRequestsInFlight = 0
  var isHashDenialTold = false
  var glitches: GlitchBudget
  /// What it may make us do besides; nil until it first does.
  private var ownBudgets: PeerBudgets?

  // Clocks.
  var lastReceived: ContinuousClock.Instant
  var lastSent: ContinuousClock.Instant
  var lastRequest: ContinuousClock.Instant
  /// When the link last took something of what is in flight.
  var lastProgress: ContinuousClock.Instant
  var drainDeadline: ContinuousClock.Instant?
  /// Why the connection ends when what is being written is out; nil: because the node is stopping.
  var parting: DisconnectReason?
  var accounted: (bytes: Int64, blocks: Int64) = (0, 0)

  init(
    core: EngineCore, loop: EngineLoop, number: PeerNumber, address: PeerAddress, direction: PeerFacts.Direction, isSecure: Bool = false,
    target: DialTarget? = nil
  ) {
    (self.core, self.loop, self.number, self.address) = (core, loop, number, address)
    (self.direction, self.target) = (direction, target)
    began = core.clock.now()
    (lastReceived, lastSent, lastRequest, lastProgress) = (began, began, began, began)
    facts = PeerFacts(address: address, direction: direction, link: isSecure ? .securing : .plain, now: core.clock.wall())
    secure = isSecure ? SecureLink() : nil
    pipeline = core.pipeline
    messages = pipeline.messages
    decoder = PeerMessageDecoder(limits: .seed(pieceCount: 0))
    glitches = GlitchBudget(now: began)
    control = ByteBuffer()
    if let swarm = target?.swarm {
      swarm.hold()
      judged = swarm
    }
  }

  /// Whether the peer was refused and waits for its end.
  var isRefused: Bool { refusal != nil }

  private(set) lazy var kind = ConnectionTally.Kind(direction, isSecure: secure != nil)

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    loop.connections[number] = self
    core.connectionTally.withLock { $0.begin(kind) }
    if context.channel.isActive { linkUp() }
  }

  func channelActive(context: ChannelHandlerContext) {
    linkUp()
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(DisconnectReason(.remote, "the peer closed the connection"))
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    finish(DisconnectReason(.engine, "the connection was taken down"))
    self.context = nil
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let failure = error as? TLSFailure { return failed(failure) }
    close(DisconnectReason(.remote, "link failed: \(error)"))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let incoming = unwrapInboundIn(data)
    lastReceived = core.clock.now()
    var rest = incoming
    if isHandlingEvent {
      append(rest)
      rest.moveReaderIndex(to: rest.writerIndex)
    } else if phase == .active, received != nil {
      finishMessage(with: &rest)
    } else if var earlier = received.take() {
      earlier.writeImmutableBuffer(rest)
      received = earlier
      rest.moveReaderIndex(to: rest.writerIndex)
    }
    handleEvent { connection in
      if connection.received != nil { try connection.consume() }
      guard connection.phase != .closed, rest.readableBytes > 0 else { return }
      connection.append(rest)
      try connection.consume()
    }
    keepRest()
    giveBack(incoming)
  }

  /// Completes the message that an earlier read has begun: what is received for blocks is not copied together, but for the one that lies in two
  /// reads.
  private func finishMessage(with incoming: inout ByteBuffer) {
    guard var begun = received.take() else { return }
    // Its length may lie in two reads as well.
    for _ in 0..<2 {
      let lacking = min(PeerMessageDecoder.bytesLacking(begun), incoming.readableBytes)
      guard lacking > 0, var slice = incoming.readSlice(length: lacking) else { break }
      begun.writeBuffer(&slice)
    }
    received = begun
  }

  private func append(_ bytes: ByteBuffer) {
    guard var earlier = received.take() else {
      received = bytes
      return
    }
    earlier.writeImmutableBuffer(bytes)
    received = earlier
  }

  private func giveBack(_ incoming: ByteBuffer) {
    guard secure == nil else { return }
    loop.receiving.giveBack(incoming)
    loop.receivingBlocks.giveBack(incoming)
  }

  /// Moves what waits for more bytes out of the loop's buffer, into memory that is no larger than it must be.
  private func keepRest() {
    guard let rest = received, rest.storageCapacity > 2 * rest.readableBytes + 64 else { return }
    received = ByteBuffer(buffer: rest)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      controlSinceWritable = 0
      resumeReading()
      pump()
    }
    context.fireChannelWritabilityChanged()
  }

  /// NIO asks here before it reads: back-pressure is not passing it on.
  func read(context: ChannelHandlerContext) {
    if isReadPaused { isReadPending = true } else { context.read() }
  }

  func pauseReading() { isReadPaused = true }

  func resumeReading() {
    guard isReadPaused, phase != .admitting else { return }
    isReadPaused = false
    guard isReadPending else { return }
    isReadPending = false
    context?.read()
  }

  // MARK: Events

  /// Runs one event and what plugins asked for in it; then sends what came of it.
  func handleEvent(_ body: (PeerConnection) throws -> Void) {
    guard phase != .closed, !isHandlingEvent else { return }
    isHandlingEvent = true
    let began = core.clock.now()
    active?.context.isInEvent = true
    active?.context.now = began
    do {
      try body(self)
      settleBlocks()
      try fillRequests()
      try runActs()
    } catch {
      close(reason(for: error))
    }
    noteDuration(since: began)
    isHandlingEvent = false
    active?.context.isInEvent = false
    flushControl()
    pump()
  }

  /// Hooks that are asked for each block are timed now and then only: after an event that took long, each call is.
  private func noteDuration(since began: ContinuousClock.Instant) {
    guard let chain = active?.chain, !chain.isEmpty, core.clock.now() - began > Self.longEvent else { return }
    loop.lane.attend()
  }

  private static let longEvent = Duration.milliseconds(20)

  func reason(for error: any Error) -> DisconnectReason {
    switch error {
    case let violation as ProtocolViolation: broken(violation)
    case is UnknownMessage, is OversizedMessage, is OtherInfoHash: DisconnectReason(.protocolViolation, "\(error)")
    case let failure as PluginFailure: DisconnectReason(.pluginFault(plugin: failure.plugin), failure.description)
    case let refusal as Refusal: DisconnectReason(.policy(plugin: refusal.plugin), refusal.reason)
    default: DisconnectReason(.engine, "\(error)")
    }
  }

  private func broken(_ violation: ProtocolViolation) -> DisconnectReason {
    if violation.code == .flood { core.counters.count(.closedFloods) }
    if violation.code == .tooLong { core.counters.count(.closedOversizedMessages) }
    return DisconnectReason(.protocolViolation, "\(violation)")
  }

  /// Takes as many messages as there are.
  func consume() throws {
    guard var buffer = received.take() else { return }
    defer {
      if phase != .closed, buffer.readableBytes > 0 { received = buffer }
    }
    if phase == .handshaking { try readHandshake(&buffer) }
    if phase == .conversing { try converse(&buffer) }
    // What was kept during a conversation comes first.
    while phase == .active || phase == .draining, dialogue == nil, let message = try decoder.next(&buffer) {
      try receive(message)
    }
    try spendGlitches()
  }

  /// Throws where the peer has sent too much that says nothing.
  func spendGlitches() throws(ProtocolViolation) {
    let wasted = active?.session.takeGlitches() ?? 0
    if wasted > 0 { try glitches.spend(wasted, now: lastReceived) }
  }

  /// What it may make us do besides being sent blocks.
  var budgets: PeerBudgets {
    if let ownBudgets { return ownBudgets }
    let made = PeerBudgets(requestQueue: core.settings.requestQueue, now: lastReceived)
    ownBudgets = made
    return made
  }
}

@available(*, unavailable)
extension PeerConnection: Sendable {}

/// A plugin's refusal on its way to the one place that closes connections.
struct Refusal: Error {
  let plugin: String
  let reason: String
}

/// What a dialed connection is for.
struct DialTarget: Sendable {
  let swarm: Swarm
  let infoHash: SHA1Digest
}

extension Optional {
  /// Moves the value out, so that it is not shared while it is changed.
  mutating func take() -> Wrapped? {
    defer { self = nil }
    return self
  }
}
