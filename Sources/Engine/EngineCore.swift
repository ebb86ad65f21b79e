import Logging
import Metainfo
import NIOCore
import NIOPosix
import PeerProtocol
import PluginKit
import Storage
import Synchronization

/// What all loops share. Nothing in it is touched for each block.
final class EngineCore: Sendable {
  private let currentSettings: Mutex<EngineSettings>
  let clock: EngineClock
  let journal: any Journal
  let delegate: any EngineDelegate
  let logger: Logger
  let peerID: PeerID
  let clientVersion: String
  let swarms: SwarmTable
  let loader: SwarmLoader
  let numbers: PeerNumbers
  let disk: DiskThreads
  let limiter: UploadLimiter
  /// Whether the clockwork of the upload limits runs.
  let isGranting = Atomic<Bool>(false)
  let uploaded = Atomic<Int64>(0)
  let downloaded = Atomic<Int64>(0)
  /// Memory for blocks on their way to the disk.
  let runBuffers = RunBuffers()
  /// The limit on what we ask for.
  let downloads: DownloadTokens
  /// Who is unchoked of the peers of what is being fetched.
  let downloadChoker: Mutex<DownloadChoker>
  let isDraining = Atomic<Bool>(false)
  /// Hash requests that are being answered, on the threads that cold reads need too.
  let hashJobs = HashJobs()
  /// Bytes that hash requests of all peers together may make us read.
  let hashBudget: Mutex<WorkBudget>
  let counters = LimitCounters()
  let links = LinkTable()
  let linkNews = LinkNews()
  let reachedPorts = Mutex(ReachedPorts())
  let connectionTally = Mutex(ConnectionTally())
  private let census: Mutex<ConnectionCensus>
  private let choker: Mutex<Choker>
  private let currentPipeline: Mutex<Pipeline>
  /// The plugins of every policy that something may still run of.
  let attended = Mutex<[AttendedPlugin]>([])
  /// Set once, before the first connection.
  private let loopHandles = Mutex<[LoopHandle]>([])
  private let theDialer = Mutex<Dialer?>(nil)
  let emptyWaiters = Mutex<[CheckedContinuation<Void, Never>]>([])

  init(
    settings: EngineSettings, pipeline: Pipeline, clock: EngineClock, journal: any Journal, delegate: any EngineDelegate, logger: Logger,
    peerID: PeerID, clientVersion: String, source: any ArtifactSource, disk: DiskThreads
  ) {
    (self.clock, self.journal, self.delegate) = (clock, journal, delegate)
    currentSettings = Mutex(settings)
    (self.logger, self.peerID, self.clientVersion, self.disk) = (logger, peerID, clientVersion, disk)
    numbers = PeerNumbers(loops: settings.eventLoops)
    downloads = DownloadTokens(rate: settings.downloadRate, now: clock.now())
    downloadChoker = Mutex(DownloadChoker(slots: settings.downloadSlots, seed: .random(in: .min ... .max)))
    limiter = UploadLimiter(rates: settings.uploadRates, now: clock.now())
    hashBudget = Mutex(WorkBudget(burst: 256 << 20, perSecond: 64 << 20, now: clock.now()))
    let swarms = SwarmTable()
    self.swarms = swarms
    loader = SwarmLoader(table: swarms, source: source, disk: disk) { delegate.artifactFailed(id: $0, error: $1) }
    census = Mutex(ConnectionCensus(caps: settings.caps))
    choker = Mutex(Choker(slots: settings.fixedSlots, rationsAll: settings.fixedSlots != nil))
    currentPipeline = Mutex(pipeline)
    attend(to: pipeline)
  }

  /// The settings in force.
  var settings: EngineSettings { currentSettings.withLock { $0 } }

  /// Other limits from now on; listeners and loops stay as they are.
  func replace(settings: EngineSettings) {
    currentSettings.withLock { $0 = settings }
    census.withLock { $0.caps = settings.caps }
    limiter.set(rates: settings.uploadRates, now: clock.now())
    downloads.set(rate: settings.downloadRate, now: clock.now())
    chokeDownloads { $0.set(slots: settings.downloadSlots, now: $1) }
    choke { choker, now in choker.set(slots: settings.fixedSlots, rationsAll: settings.fixedSlots != nil, now: now) }
  }

  var pipeline: Pipeline { currentPipeline.withLock { $0 } }
  func replace(pipeline: Pipeline) {
    attend(to: pipeline)
    currentPipeline.withLock { $0 = pipeline }
  }

  var loops: [LoopHandle] { loopHandles.withLock { $0 } }
  func set(loops: [LoopHandle]) { loopHandles.withLock { $0 = loops } }

  /// Set once, by the engine.
  func set(dialer: Dialer) { theDialer.withLock { $0 = dialer } }
  var dialer: Dialer? { theDialer.withLock { $0 } }

  /// After the last connection: lets go of what refers back to us, so that nothing outlives the engine.
  func dismantle() {
    theDialer.withLock { $0 = nil }
    loopHandles.withLock { $0 = [] }
  }

  /// The handle of the loop that we are on; nil for a loop that is not ours.
  func handle(of eventLoop: any EventLoop) -> LoopHandle? { loops.first { $0.eventLoop === eventLoop } }

  func beginConnection(_ address: IPAddress, _ direction: PeerFacts.Direction) throws(ConnectionCensus.Refusal) {
    try ask { census throws(ConnectionCensus.Refusal) in try census.begin(address, isHandshake: direction == .inbound) }
  }
  func authorizeConnection(_ principal: String, _ address: IPAddress, _ direction: PeerFacts.Direction) throws(ConnectionCensus.Refusal) {
    try ask { census throws(ConnectionCensus.Refusal) in try census.authorize(principal, at: address, isHandshake: direction == .inbound) }
  }
  private func ask(
    _ body: (inout ConnectionCensus) throws(ConnectionCensus.Refusal) -> Void
  ) throws(ConnectionCensus.Refusal) {
    let refusal: ConnectionCensus.Refusal? = census.withLock { census in
      do throws(ConnectionCensus.Refusal) {
        try body(&census)
        return nil
      } catch {
        return error
      }
    }
    guard let refusal else { return }
    counters.count(refusal.counter)
    throw refusal
  }
  /// `principal`: what the connection was authorized as; nil where it was not.
  func endConnection(_ address: IPAddress, _ direction: PeerFacts.Direction, principal: String? = nil) {
    census.withLock { $0.end(address, principal: principal, isHandshake: direction == .inbound) }
    wakeWaiters()
  }
  var connectionCount: Int { census.withLock { $0.total } }
  /// A loop's share of the connections that are too many; rounded up, for another loop may have none that can go.
  var excessOfALoop: Int {
    let loops = Int(clamping: numbers.loops)
    return (census.withLock { $0.excess } + loops - 1) / loops
  }

  /// Feeds the choker and carries out what it says, wherever the connections live.
  func choke(_ feed: (inout Choker, ContinuousClock.Instant) -> [Choker.Action]) {
    let now = clock.now()
    for action in choker.withLock({ feed(&$0, now) }) {
      // Words for other loops may overtake each other: what holds on arrival is asked there.
      let number = action.number
      visit(number) { connection in connection.setChoked(!self.isUnchoked(number)) }
    }
  }

  /// By either choker: a peer is with one of them.
  func isUnchoked(_ number: PeerNumber) -> Bool {
    choker.withLock { $0.isUnchoked(number) } || downloadChoker.withLock { $0.isUnchoked(number) }
  }

  /// A hold on a swarm ends.
  func release(_ swarm: Swarm) {
    if swarm.release() { swarms.rest(swarm, now: clock.now()) }
  }

  /// Hands a swarm that was asked for to the connection that asked, in an event of its own; lets go of it where the connection is gone.
  func deliver(_ lookup: SwarmLookup, to number: PeerNumber, _ body: @escaping @Sendable (PeerConnection) -> Void) {
    let loops = loops
    let index = numbers.loop(of: number)
    guard loops.indices.contains(index) else { return letGo(lookup) }
    let handle = loops[index]
    handle.eventLoop.execute { [self] in
      guard let connection = handle.bound.value.connections[number] else { return letGo(lookup) }
      connection.handleEvent { connection in
        connection.take(lookup)
        body(connection)
      }
    }
  }

  private func letGo(_ lookup: SwarmLookup) {
    if case .held(let swarm) = lookup { release(swarm) }
  }

  /// Runs the closure with the connection, on its loop; at once where we are on it. Where the connection is gone, the other closure is run.
  func visit(
    _ number: PeerNumber, _ body: @escaping @Sendable (PeerConnection) -> Void, orElse otherwise: @escaping @Sendable () -> Void = {}
  ) {
    let loops = loops
    let index = numbers.loop(of: number)
    guard loops.indices.contains(index) else { return otherwise() }
    let handle = loops[index]
    let find: @Sendable () -> Void = {
      if let connection = handle.bound.value.connections[number] { body(connection) } else { otherwise() }
    }
    if handle.eventLoop.inEventLoop { find() } else { handle.eventLoop.execute(find) }
  }
}

/// A way to a loop's own state.
struct LoopHandle: Sendable {
  let eventLoop: any EventLoop
  let lane: HookLane
  let bound: NIOLoopBound<EngineLoop>
}

extension EngineSettings {
  var caps: ConnectionCensus.Caps {
    ConnectionCensus.Caps(
      total: connections, perAddress: connectionsPerAddress, perPrincipal: connectionsPerPrincipal ?? connectionsPerAddress,
      handshakes: handshakes)
  }

  var uploadRates: UploadRates {
    UploadRates(node: uploadRate, artifact: uploadRatePerArtifact, principal: uploadRatePerPrincipal)
  }
}
