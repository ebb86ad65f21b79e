import Glibc
import Logging
import Metainfo
import NIOCore
import NIOPosix
import PeerProtocol
import PluginKit
import Synchronization
import TLS

/// The engine: listens, dials, serves what is in service to those that the pipeline lets have it. Knows no SQL, no YAML, no tracker.
package final class SeedEngine: Sendable {
  private struct Running {
    var channels: [any Channel] = []
    /// A second descriptor of each socket that is listened on, for who comes after us.
    var sockets: [ListeningSocket] = []
    var ticks: [RepeatedTask] = []
  }

  let core: EngineCore
  let group: MultiThreadedEventLoopGroup
  private let dialer: Dialer
  private let running = Mutex(Running())

  /// An engine that does not listen yet. The delegate is told of payload and faults; the journal of refusals. The source has what is needed
  /// of the artifacts that are put in service without it.
  ///
  /// - Parameter diskThreads: how many threads `disk` has.
  package init(
    settings: EngineSettings, pipeline: Pipeline, peerID: PeerID, clientVersion: String, clock: EngineClock = .system, journal: any Journal,
    delegate: any EngineDelegate, logger: Logger, group: MultiThreadedEventLoopGroup, disk: NIOThreadPool, diskThreads: Int = 4,
    source: any ArtifactSource = NoArtifactSource()
  ) {
    core = EngineCore(
      settings: settings, pipeline: pipeline, clock: clock, journal: journal, delegate: delegate, logger: logger, peerID: peerID,
      clientVersion: clientVersion, source: source, disk: DiskThreads(pool: disk, threads: diskThreads))
    self.group = group
    dialer = Dialer(core: core, group: group)
    core.set(dialer: dialer)
    core.set(loops: Self.makeLoops(core, group))
  }

  /// Starts to listen and to tick, on the sockets that came from elsewhere where there are any for an address. Throws `ListenFailure`; then nothing
  /// listens.
  ///
  /// - Parameters:
  ///   - inherited: theirs are the engine's from now on; those that are nobody's are closed.
  ///   - ticking: whether the engine does its second's work by itself; a test that asks for every `tick()` says false.
  package func start(inherited: InheritedSockets = InheritedSockets(), ticking: Bool = true) async throws -> [PeerAddress] {
    var (inherited, bound) = (inherited, [any Channel]())
    defer { for socket in inherited.unclaimed { Glibc.close(socket.descriptor) } }
    do {
      for place in core.settings.listen { bound.append(try await listen(place, &inherited)) }
    } catch {
      for channel in bound { try? await channel.close() }
      closeSockets()
      throw error
    }
    let ticks = ticking ? startTicks() : []
    running.withLock { ($0.channels, $0.ticks) = (bound, ticks) }
    return bound.compactMap { PeerAddress($0.localAddress) }
  }

  private func listen(_ place: ListenAddress, _ inherited: inout InheritedSockets) async throws -> any Channel {
    let socket = try inherited.claim(place) ?? ListeningSocket.bind(place)
    guard let spare = ListeningSocket(adopting: fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 0)) else {
      defer { Glibc.close(socket.descriptor) }
      throw ListenFailure(address: place, message: "no second descriptor of its socket can be had")
    }
    running.withLock { $0.sockets.append(spare) }
    do {
      return try await Listener(core: core, group: group).listen(socket, place.security)
    } catch {
      throw ListenFailure(address: place, message: Self.words(for: error))
    }
  }

  private func closeSockets() {
    for socket in running.withLock({ take(&$0.sockets) }) { Glibc.close(socket.descriptor) }
  }

  /// Puts artifacts in service, each in place of an earlier state of it. They are loaded from the source when somebody asks for them, and
  /// leave memory again some time after the last peer.
  package func add(_ artifacts: [ServedArtifact]) {
    for artifact in artifacts { core.loader.invalidate(artifact.id) }
    let former = core.swarms.insert(artifacts)
    for swarm in former { core.retire(swarm, reason: "the artifact has changed", isReplaced: true) }
  }

  /// Puts an artifact in service that stays in memory, in place of an earlier state of it.
  package func add(_ artifact: SeededArtifact) {
    core.loader.invalidate(artifact.facts.id)
    let former = core.swarms.insert(Swarm(artifact), missing: artifact.missing)
    if let former { core.retire(former, reason: "the artifact has changed", isReplaced: true) }
  }

  /// Takes an artifact out of service; its peers go.
  package func remove(_ id: Int64, reason: String) {
    core.loader.invalidate(id)
    let swarm = core.swarms.remove(id)
    dialer.remove(artifact: id)
    if let swarm { core.retire(swarm, reason: reason) }
  }

  /// Learns of an address to dial for an artifact.
  package func dial(_ address: PeerAddress, artifact: Int64, isStatic: Bool) {
    dialer.add(address, artifact: artifact, isStatic: isStatic)
  }

  /// Switches to another policy; every live connection is judged again: kept, narrowed, widened or closed.
  package func replace(pipeline: Pipeline) {
    core.replace(pipeline: pipeline)
    core.judgeAgain()
  }

  /// Judges every live connection again, by the policy in force: an approval has come or gone.
  package func judgeAgain() { core.judgeAgain() }

  /// From now on these are the static addresses of each artifact; of what is left out there are none.
  package func replaceStatic(peers: [Int64: Set<PeerAddress>]) { dialer.replaceStatic(peers: peers) }

  /// Switches to other limits. Listeners and event loops stay as they are.
  package func replace(settings: EngineSettings) { core.replace(settings: settings) }

  /// Switches to other links. Live ones are judged again within seconds, as if they were made then.
  package func replace(links: EngineLinks) { core.links.replace(links) }

  /// Where peers reach us, which those that we dial from then on are told.
  package func replace(ports: ReachedPorts) { core.reachedPorts.withLock { $0 = ports } }

  /// How the peers of an SSL torrent are linked to; nil: not at all.
  package func set(link entry: TLSEntry?, of artifact: Int64) { core.links.set(entry, for: artifact) }

  /// Whether an artifact is in service.
  package func isServing(_ id: Int64) -> Bool { core.swarms.isInService(id) }

  /// Stops accepting, lets what is queued go out until the deadline, then closes everything.
  package func stop(drain: Duration) async {
    await stopAccepting()
    closeSockets()
    let deadline = core.clock.now() + drain
    await onEachLoop { loop in
      for connection in Array(loop.connections.values) { connection.drain(until: deadline) }
    }
    await core.emptied(within: drain + .seconds(2))
    await onEachLoop { loop in
      for connection in Array(loop.connections.values) { connection.close(DisconnectReason(.engine, "the node is stopping")) }
    }
    for task in running.withLock({ take(&$0.ticks) }) { task.cancel() }
    await closeFetches()
    core.dismantle()
  }

  /// Lets go of the sockets, so that who comes after us listens in our place: accepts nobody any more, though the kernel goes on taking
  /// connections, and fetches nothing any more. Gives the sockets, which are the caller's now. To be followed by `stop`.
  package func release() async -> [ListeningSocket] {
    await stopAccepting()
    await closeFetches { core.retire($0, reason: "the node hands over") }
    return running.withLock { take(&$0.sockets) }
  }

  private func stopAccepting() async {
    for channel in running.withLock({ take(&$0.channels) }) { try? await channel.close() }
    // Not before: whoever was accepted until then is a peer like any other.
    core.isDraining.store(true, ordering: .relaxed)
  }

  /// One second's work, now. The engine does it by itself once it is started.
  package func tick() async {
    await onEachLoop { $0.tick() }
    core.tick()
  }

  // MARK: What there is to see

  /// The connections that there are.
  package func peers() async -> [PeerSnapshot] {
    let found = Mutex<[PeerSnapshot]>([])
    await onEachLoop { loop in
      let snapshots = loop.connections.values.map { $0.snapshot() }
      found.withLock { $0 += snapshots }
    }
    return found.withLock { $0.sorted { $0.number < $1.number } }
  }

  /// Counts of the whole node.
  package var totals: EngineTotals {
    EngineTotals(
      artifacts: core.swarms.count, connections: core.connectionCount, uploaded: core.uploaded.load(ordering: .relaxed),
      downloaded: core.downloaded.load(ordering: .relaxed), generation: core.pipeline.generation)
  }

  /// How often each limit has bitten since the start, by its key in `status`.
  package var limits: [String: Int64] {
    core.counters.snapshot.merging(["throttled_batches": Int64(core.limiter.throttledBatches)]) { $1 }
  }

  /// What became of TLS links since the start.
  package var linkNews: LinkNews.Counts { core.linkNews.current }

  /// Connections of now and since the start, by kind.
  package var connectionTally: ConnectionTally { core.connectionTally.withLock { $0 } }

  /// The artifacts whose torrents are in memory now.
  package var loaded: [Int64] { core.swarms.live.map(\.facts.id) }

  /// Bytes of blocks of an artifact that links have taken since the start.
  package func uploaded(of id: Int64) -> Int64 { core.swarms.uploaded(of: id) }

  /// Bytes of an artifact that we do not have: what an announce calls `left`.
  package func missing(of id: Int64) -> Int64 { core.swarms.missing(of: id) }

  /// The policy in force.
  package var pipeline: Pipeline { core.pipeline }

  private static func words(for error: any Error) -> String {
    guard let error = error as? IOError else { return "\(error)" }
    return String(cString: strerror(error.errnoCode))
  }

  // MARK: Loops

  private static func makeLoops(_ core: EngineCore, _ group: MultiThreadedEventLoopGroup) -> [LoopHandle] {
    group.makeIterator().enumerated().map { index, eventLoop in
      // Made from outside of the loop, used only on it.
      let made = try? eventLoop.submit {
        let loop = EngineLoop(core: core, eventLoop: eventLoop, index: index)
        return (loop.lane, NIOLoopBound(loop, eventLoop: eventLoop))
      }.wait()
      return made.map { LoopHandle(eventLoop: eventLoop, lane: $0, bound: $1) }
    }.compactMap { $0 }
  }

  func onEachLoop(_ body: @escaping @Sendable (EngineLoop) -> Void) async {
    for handle in core.loops {
      try? await handle.eventLoop.submit { body(handle.bound.value) }.get()
    }
  }

  /// A connection's second has so many parts; in each, its share of the connections is told the time.
  private static let tickParts = 10

  private func startTicks() -> [RepeatedTask] {
    var tasks = core.loops.map { handle in
      handle.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in Self.beginSecond(handle) }
    }
    let core = core
    if let first = core.loops.first {
      tasks.append(first.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in core.tick() })
    }
    return tasks
  }

  /// A loop with few connections does its second's work in one go, so that a node that nobody asks anything of wakes once a second; one with
  /// many does it in parts.
  private static func beginSecond(_ handle: LoopHandle) {
    let loop = handle.bound.value
    guard loop.connections.count > fewConnections else { return loop.tick() }
    loop.tick(0, of: tickParts)
    for part in 1..<tickParts {
      let share = TimeAmount.milliseconds(1000 * Int64(part) / Int64(tickParts))
      handle.eventLoop.scheduleTask(in: share) { handle.bound.value.tick(part, of: tickParts) }
    }
  }

  private static let fewConnections = 50
}

/// An address that could not be listened on.
package struct ListenFailure: Error, CustomStringConvertible {
  package let address: ListenAddress
  package let message: String
  package var description: String { "cannot listen on \(address.host) port \(address.port): \(message)" }
}

/// Counts of the whole node.
package struct EngineTotals: Sendable {
  /// Artifacts in service.
  package let artifacts: Int
  /// Connections, handshakes in flight included.
  package let connections: Int
  /// Bytes of blocks that links have taken since the start.
  package let uploaded: Int64
  /// Bytes of blocks that came and were of use since the start.
  package let downloaded: Int64
  /// The generation of the policy in force.
  package let generation: UInt64
}

private func take<Element>(_ elements: inout [Element]) -> [Element] {
  defer { elements = [] }
  return elements
}
