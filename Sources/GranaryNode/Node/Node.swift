import CLinux
import Control
import Engine
import Foundation
import Inventory
import Logging
import Metainfo
import NIOCore
import NIOPosix
import OpenSSL
import PeerProtocol
import PluginKit
import ServiceLifecycle
import Settings
import Storage
import Synchronization
import Tracker
import UnixSignals

/// A running node: joins settings, inventory, engine, tracker and control. Everything is decided elsewhere; this wires and orders.
final class Node: Sendable {
  struct State: Sendable {
    var configuration: NodeConfiguration
    var listeners: [PeerAddress] = []
    var isReady = false
    var generation: UInt64 = 1
    /// What operators have set beside the configuration.
    var limits = LimitOverrides()
    /// Artifacts that wait to be verified, each once.
    var doubtful: Set<ArtifactID> = []
    /// What ends when the node is told to; nil before they are there.
    var services: ServiceGroup?
    /// Whether another run may take this one's place: a fetch has none to give.
    var mayBeReplaced = false
    /// Who takes this node's place, once somebody does.
    var heir: HandoverLine?
  }

  let paths: NodePaths
  let database: InventoryDatabase
  let keeper: InventoryKeeper
  let journal: NodeJournal
  /// What the journal's signatures are checked with.
  let journalKey: Ed25519.PublicKey
  let ledger: TransferLedger
  let pluginValues: PluginValueStore
  /// What no rule is about.
  let pending: PendingBook
  /// What operators have allowed by hand.
  let approvals: ApprovalBook
  let pluginCounters = PluginCounters()
  let pluginMemories = PluginMemories()
  /// Programs of plugins.
  let children = ChildThreads()
  let directory = NodeDirectory()
  let logger: Logger
  /// What trackers and peers know the node by.
  let peerID: PeerID
  let engine: SeedEngine
  let announcer: TrackerAnnouncer
  let announcements: AnnouncerLine
  let verifying: NIOThreadPool
  let cache: DescriptorCache
  /// The care of artifacts whose files change, and its thread.
  let care = Mutex(CareState())
  let caring = NIOThreadPool(numberOfThreads: 1)
  /// Reads slowly what was read longest ago.
  let scrubbing = NIOThreadPool(numberOfThreads: 1)
  let isStopping = Atomic(false)
  let started = ContinuousClock.now
  let state: Mutex<State>
  let threads: Int
  let openFiles: OpenFilesLimit
  /// Certificates, and whom they are trusted by.
  let links: LinkKeeper
  /// The tracker that is embedded in the node; nil where none is configured.
  let tracking: NodeTracker?
  /// Magnet links whose torrents are not known yet.
  let magnets = MagnetBook()
  /// The catalogue that it publishes; nil where none is configured.
  let publishing: NodeCatalogue?
  /// What plugins did since the start, over reloads.
  let pluginTally = PluginTally()
  let reloads: Mutex<ReloadTally>
  /// Whether the run ends by itself.
  let isBounded = Atomic(false)
  /// Whether it is a run as cron counts them: a fetch is none.
  let isCounted = Atomic(true)
  /// Where it tells of itself; nil where nothing is configured.
  let ops: NodeOps?
  /// Where it takes orders beside its socket; nil where nothing is configured.
  let remote: NodeRemote?
  /// The catalogues that it follows.
  let mirroring: NodeMirror
  let lock: NodeLock
  let flusher: InventoryFlusher
  private let group: MultiThreadedEventLoopGroup
  let disk: NIOThreadPool
  private let delegate: NodeDelegate
  /// The run whose place this one takes; nil where nobody had it.
  let former: Inheritance?
  let reread: @Sendable () throws -> NodeConfiguration
  /// Its row in the inventory.
  let run: Int64
  /// When the run began, as its row in the inventory has it.
  let startedAt: Timestamp
  /// Artifacts that were fetched in this run.
  let fetchedArtifacts = Atomic<Int>(0)
  let watchdog: Watchdog?
  /// Who has started it, and wants to hear of it.
  let service: NodeService
  let pulse: Pulse?
  /// Why the run before this one was ended by its watchdog; nil where it was not.
  let formerHang: String?
  /// What the node was started with: keys that need a restart are compared with these.
  let initial: NodeSettings
  let reloading = Mutex<Void>(())
  /// What plugins are given.
  let maker: ServicesMaker

  /// Does everything short of opening a socket. Throws `Failure` and what becomes one.
  ///
  /// - Parameters:
  ///   - service: who has started it.
  ///   - former: whose place it takes.
  init(
    configuration: NodeConfiguration, service: NodeService = NodeService(), former: Inheritance? = nil,
    reread: @escaping @Sendable () throws -> NodeConfiguration
  ) throws {
    let settings = configuration.settings
    initial = settings
    links = try LinkKeeper(settings, now: WallTime.now.seconds)
    paths = configuration.paths
    openFiles = OpenFilesLimit.raise()
    logger = Logger(label: LogLabel.node)
    (self.service, self.reread) = (service, reread)
    try paths.makeFolders()
    guard let lock = try former?.lock ?? NodeLock(path: paths.lock) else {
      throw Failure(.tryLater, "the state directory \(paths.state) is in use by \(NodeLock.holder(path: paths.lock))")
    }
    (self.lock, self.former) = (lock, former)
    try service.prepare(settings)
    paths.sweep()
    database = try InventoryDatabase.open(path: paths.inventory)
    keeper = InventoryKeeper(database: database)
    let pacer = TimedPacer()
    let key = try JournalKeyFile.loadOrMake(paths.journalKey)
    journalKey = key.key.publicKey
    let writer = try Self.journalWriter(database, key, rows: settings.limits.journalRows, logger: logger, onPressure: pacer.wake)
    pending = PendingBook(database: database)
    approvals = ApprovalBook(database, logger)
    (journal, ledger) = (NodeJournal(writer: writer, pending: pending), TransferLedger(database: database))
    pluginValues = PluginValueStore(database: database)
    maker = ServicesMaker(
      folder: settings.folder, journal: journal, stores: .kept(pluginValues), counters: pluginCounters, memories: pluginMemories,
      children: children, directory: directory, nodeName: settings.node.name)
    let pipeline = try configuration.makePipeline(maker.services, generation: 1, approvals: approvals)
    threads = max(1, settings.limits.eventLoops ?? ProcessInfo.processInfo.activeProcessorCount)
    group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
    disk = NIOThreadPool(numberOfThreads: Self.diskThreads)
    verifying = NIOThreadPool(numberOfThreads: 1)
    disk.start()
    verifying.start()
    caring.start()
    scrubbing.start()
    scrubbing.submit { _ in _ = granary_lower_io_priority() }
    let windows = WindowCache(budget: WindowBudget(limit: settings.limits.lockedMemory.map { Int(clamping: $0.bytes) }))
    cache = DescriptorCache(capacity: settings.limits.openFiles, leases: LeaseKeeper(), windows: windows)
    delegate = NodeDelegate(ledger: ledger)
    peerID = former?.peerID ?? PeerID.random(prefix: "-GY0100-")
    let engine = SeedEngine(
      settings: EngineSettings(settings, initial: settings.limits, loops: threads, openFiles: openFiles), pipeline: pipeline,
      peerID: peerID,
      clientVersion: "Granary \(Granary.version)",
      journal: journal, delegate: delegate, logger: logger, group: group, disk: disk, diskThreads: Self.diskThreads, source: delegate)
    self.engine = engine
    engine.replace(links: EngineLinks(links.links))
    _ = try FetchManner.prepare(settings)
    tracking = try NodeTracker(settings, peerID: peerID, journal: journal) { engine.pipeline }
    publishing = try NodeCatalogue(settings, database: database, journal: journal, logger: logger) { engine.pipeline }
    ops = NodeOps(settings)
    remote = try NodeRemote(settings)
    mirroring = try NodeMirror.make(
      settings, database: database, journal: journal, group: group, security: links.httpSecurity { Int64(time(nil)) })
    var announcing = NetworkTrackerTransport.Settings()
    announcing.security = links.httpSecurity { Int64(time(nil)) }
    announcer = TrackerAnnouncer(
      group: group, peerID: peerID.bytes, delegate: delegate, logger: logger,
      transport: NetworkTrackerTransport(group: group, settings: announcing))
    announcements = AnnouncerLine(announcer)
    state = Mutex(State(configuration: configuration))
    try database.markInterruptedRuns(except: former?.letter.run)
    formerHang = try database.runs(limit: 1).first?.whyEnded.flatMap { $0.hasPrefix(LastWords.prefix) ? $0 : nil }
    startedAt = .now()
    reloads = Mutex(ReloadTally(startedAt: .now))
    pluginTally.turn(to: pipeline)
    run = try database.beginRun(pid: getpid(), version: Granary.version, at: startedAt)
    _ = try? database.pruneRuns(keeping: Self.keptRuns)
    watchdog = Self.watchdog(settings, engine, disk, logger, LastWords(journal: journal, database: database, run: run))
    pulse = Self.pulse(service, engine, database)
    flusher = InventoryFlusher([writer, ledger, pluginValues, pending], pacer: pacer)
  }

  /// Serves until a signal ends it.
  ///
  /// - Parameters:
  ///   - job: fetches one artifact, and serves nothing else; the node ends with it. Throws what came of it.
  ///   - order: when it ends by itself, and where its report goes.
  @inline(never)  // Put into its caller it makes LLVM crash while it splits the coroutine (Swift 6.3.1, release).
  func run(_ job: FetchJob? = nil, order: RunOrder = RunOrder()) async throws {
    // Until the signals have their services, a reload that comes too early is none.
    signal(SIGHUP, SIG_IGN)
    watchSignals(hurried: job == nil ? .done : .unavailable)
    attach()
    isCounted.store(job == nil, ordering: .relaxed)
    isBounded.store(!order.bounds.isEmpty, ordering: .relaxed)
    if let formerHang {
      logger.warning("the last run hung and was ended", metadata: .event(.nodeFormerHang, ["why": "\(formerHang)"]))
    }
    watchdog?.start()
    pulse?.start()
    loadPluginStates()
    do {
      try await serve(job, order)
    } catch {
      if let former { try? await NIOThreadPool.singleton.runIfActive { self.awaitRemainder(of: former) } }
      throw await ended(order, by: error)
    }
    if let heir = state.withLock({ $0.heir }) { return try await handOver(to: heir, order) }
    try order.hand(over: await shutDown(why: job == nil ? (order.end ?? .signal).rawValue : "the fetch is over"))
    try job?.settle()
  }

  private func handOver(to heir: HandoverLine, _ order: RunOrder) async throws {
    do {
      try order.hand(over: await end(for: heir))
    } catch let broken as HandoverLine.Broken {
      throw await ended(order, by: Failure(.unavailable, "the run that was to take this one's place is gone: \(broken)"))
    }
  }

  /// Ends the node and gives what is to be thrown: what went wrong first is what is told.
  private func ended(_ order: RunOrder, by error: any Error) async -> any Error {
    try? order.hand(over: await shutDown(why: Failure(error).lines.map(\.message).joined(separator: "; ")))
    return error
  }

  /// Engine and announcer tell us of what happens from now on.
  func attach() {
    delegate.attach(self)
    directory.attach(self)
    tracking?.attach(self)
    mirroring.replica.attach(self)
  }

  private func serve(_ job: FetchJob?, _ order: RunOrder) async throws {
    let survey = try job == nil ? putInService() : nil
    let listeners = try await listen()
    state.withLock { ($0.listeners, $0.isReady) = (listeners, true) }
    tellPlaces()
    loadPosition()
    if let survey {
      takeCare(of: survey.doubtful, now: .now)
      refuseOutside(survey.outside)
      resumeFetches()
    }
    var services: [any Service] = [
      AnnouncerService(announcer: announcer), HangUpService(node: self), LinkService(node: self), LogService(node: self),
      ServiceManagerService(node: self),
    ]
    if let former { services.append(RemainderService(node: self, former: former)) }
    if job == nil {
      services.append(CareService(node: self))
      let entry = { @Sendable [links] in links.fleetEntry(named: $0) }
      services += tracking?.services(entry: entry, logger: quietLogger) ?? []
      services += publishing?.services(entry: entry, logger: quietLogger) ?? []
      services += ops.map { opsServices($0, entry: entry, logger: quietLogger) } ?? []
      services.append(MirrorService(mirror: mirroring))
      services += remote.map { $0.services(self, entry: entry, logger: quietLogger) } ?? []
    }
    services.append(
      ControlServer(path: paths.socket, node: NodeControlFace(node: self), logger: quietLogger) { [self] in announceReadiness(listeners) })
    var configuration = ServiceGroupConfiguration(services: services, logger: quietLogger)
    configuration.services.append(
      .init(service: EndService(signals: service.signals), successTerminationBehavior: .gracefullyShutdownGroup))
    if let job {
      configuration.services.append(
        .init(service: FetchService(node: self, job: job), successTerminationBehavior: .gracefullyShutdownGroup))
    }
    if job == nil { configuration.services.append(.init(service: TextfileService(node: self))) }
    if !order.bounds.isEmpty {
      configuration.services.append(
        .init(service: BoundsService(node: self, order: order), successTerminationBehavior: .gracefullyShutdownGroup))
    }
    let group = ServiceGroup(configuration: configuration)
    state.withLock { ($0.services, $0.mayBeReplaced) = (group, job == nil) }
    do {
      let serving = Task { try await group.run() }
      await service.signals.unlessHurried { _ = await serving.result }
      guard !service.signals.isHurried else { return serving.cancel() }
      try await serving.value
    } catch let failure as FaceListenFailure {
      let tracker = failure.what == TrackerFace.name ? initial.tracker?.listen.first { $0.address == failure.address }?.place : nil
      let web = publishing?.place(of: failure.address) ?? ops?.place(of: failure.address) ?? remote?.place(of: failure.address)
      throw Failure(.unavailable, failure.description, place: tracker ?? web)
    }
  }

  private func listen() async throws -> [PeerAddress] {
    do {
      return try await engine.start(inherited: service.takeSockets(besides: former?.takeSockets()))
    } catch let failure as ListenFailure {
      let place = settings.listen.first { $0.address.port == UInt16(clamping: failure.address.port) }?.place
      throw Failure(.unavailable, failure.description, place: place)
    }
  }

  private func announceReadiness(_ listeners: [PeerAddress]) {
    if let shortage = shortageOfDescriptors { logger.warning("\(shortage)", metadata: .event(.nodeDescriptors)) }
    logger.notice(
      "ready",
      metadata: .event(
        .nodeReady,
        [
          "node": "\(settings.node.name)", "listeners": "\(listeners.map(\.description).joined(separator: " "))",
          "artifacts": "\(engine.totals.artifacts)",
        ]))
    service.ready(serviceStatus)
  }

  /// What to tell of limits.connections and the process's open files.
  var shortageOfDescriptors: String? {
    openFiles.shortage(settings.limits.connections, openFiles: initial.limits.openFiles)
  }

  var settings: NodeSettings { state.withLock { $0.configuration.settings } }

  private func loadPluginStates() {
    for installed in engine.pipeline.plugins {
      guard let data = FileManager.default.contents(atPath: paths.pluginState(installed.name)) else { continue }
      do {
        try installed.call(.loadState) { try installed.plugin.loadState(Array(data)) }
      } catch {
        logger.warning(
          "a plugin refused its saved state", metadata: .event(.pluginStateRefused, ["plugin": "\(installed.name)", "error": "\(error)"]))
      }
    }
  }

  /// What libraries have to say that is not an event of ours.
  private var quietLogger: Logger {
    var logger = Logger(label: LogLabel.services)
    logger.logLevel = .error
    return logger
  }

  private static let diskThreads = 16
  /// Rows of runs: a week of one each minute.
  private static let keptRuns = 10_000
}
