import Logging
import Metainfo
import NIOCore
import NIOPosix
import PeerProtocol
import PluginKit
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// An engine that listens on loopback, with clocks, journal and delegate of the test's own.
final class EngineRig: Sendable {
  let engine: SeedEngine
  let address: PeerAddress
  let clock: ManualClock
  let journal: TestJournal
  let delegate: TestDelegate
  let wall: WallClock

  private init(
    engine: SeedEngine, address: PeerAddress, clock: ManualClock, journal: TestJournal, delegate: TestDelegate, wall: WallClock
  ) {
    (self.engine, self.address, self.clock, self.journal) = (engine, address, clock, journal)
    (self.delegate, self.wall) = (delegate, wall)
  }

  /// The settings of most tests: every number generous, nothing dialed.
  static func settings(_ change: (inout EngineSettings) -> Void = { _ in }) -> EngineSettings {
    var settings = EngineSettings(listen: [ListenAddress(host: "127.0.0.1", port: 0)], eventLoops: 2, dials: false)
    change(&settings)
    return settings
  }

  /// Runs the body with an engine, stops the engine, and proves that nothing is left of it.
  static func run(
    _ artifacts: [SeededArtifact], plugins: [any Plugin] = [], settings: EngineSettings = settings(), peerID: UInt64 = 1,
    drain: Duration = .zero, source: any ArtifactSource = NoArtifactSource(), approvals: any Approvals = NoApprovals(),
    _ body: @Sendable (EngineRig) async throws -> Void
  ) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.eventLoops)
    // Its own threads: they end with it, and with them whatever work of theirs still holds the engine.
    let disk = NIOThreadPool(numberOfThreads: 4)
    disk.start()
    weak var core: EngineCore?
    do {
      var generator = SeededGenerator(seed: peerID)
      let (clock, journal, delegate, wall) = (ManualClock(), TestJournal(), TestDelegate(), WallClock())
      let engine = SeedEngine(
        settings: settings, pipeline: try pipeline(plugins, approvals: approvals), peerID: .random(prefix: "-GY0001-", using: &generator),
        clientVersion: "Granary",
        clock: EngineClock(now: { clock.now }, wall: { wall.now }), journal: journal, delegate: delegate, logger: Logger(label: "test"),
        group: group, disk: disk, source: source)
      core = engine.core
      for artifact in artifacts { engine.add(artifact) }
      do {
        let address = try #require(try await engine.start(ticking: false).first)
        try await body(EngineRig(engine: engine, address: address, clock: clock, journal: journal, delegate: delegate, wall: wall))
      } catch {
        await engine.stop(drain: .zero)
        try await disk.shutdownGracefully()
        try await group.shutdownGracefully()
        throw error
      }
      await engine.stop(drain: drain)
      #expect(engine.totals.connections == 0)
      #expect(await engine.peers().isEmpty)
    }
    try await disk.shutdownGracefully()
    try await group.shutdownGracefully()
    // A guard that has answered too late holds it until its task has had a turn.
    try await eventually("the release of the engine after its end") { core == nil ? () : nil }
  }

  /// A pipeline of these instances: recorders are called `recording`, `second`, `third`.
  static func pipeline(
    _ plugins: [any Plugin], generation: UInt64 = 1, approvals: any Approvals = NoApprovals()
  ) throws -> Pipeline {
    let names = ["recording", "second", "third"]
    return try Pipeline(
      plugins: zip(plugins, names).map { InstalledPlugin(name: $1, plugin: $0, place: "test.yaml:1:1") }, generation: generation,
      approvals: approvals)
  }

  /// A peer that has shaken hands and has our first messages before it.
  func peer(
    _ artifact: TestArtifact, reserved: ReservedBits = .ours(v2: false), from source: String? = nil
  ) async throws -> ScriptedPeer {
    let peer = try await ScriptedPeer.dial(address, from: source)
    try await peer.send(bytes: ScriptedPeer.handshake(artifact.infoHash, reserved: reserved))
    _ = try await peer.nextHandshake()
    return peer
  }

  /// A peer that is interested and unchoked.
  func leecher(
    _ artifact: TestArtifact, reserved: ReservedBits = .ours(v2: false), from source: String? = nil
  ) async throws -> ScriptedPeer {
    let peer = try await peer(artifact, reserved: reserved, from: source)
    try await peer.send(.interested)
    try await peer.wait(for: .unchoke)
    return peer
  }

  /// The journal without its admissions.
  var refusals: [JournalRecord] { journal.records.filter { $0.verdict != "allow" } }

  /// The rows that are there once one fits.
  func rows(_ what: String = "a journal row", where fits: @escaping @Sendable (JournalRecord) -> Bool) async throws -> [JournalRecord] {
    try await eventually(what) {
      let rows = self.journal.records.filter(fits)
      return rows.isEmpty ? nil : rows
    }
  }

  /// Waits until there are so many connections.
  func connections(_ count: Int) async throws {
    try await eventually("\(count) connections") { self.engine.totals.connections == count ? () : nil }
  }
}

extension ReservedBits {
  /// A peer that speaks BEP 3 and nothing more.
  static let plain = ReservedBits(rawValue: 0)
  /// BEP 6 without BEP 10.
  static let fastOnly = ReservedBits(rawValue: 0x04)
}

/// Civil time that a test sets.
final class WallClock: Sendable {
  private let time = Mutex(PolicyFixtures.noon)
  var now: WallTime { time.withLock { $0 } }
  func set(_ now: WallTime) { time.withLock { $0 = now } }
}

/// Keeps what the engine tells.
final class TestDelegate: EngineDelegate {
  private let kept = Mutex<(transfers: [Transfer], failures: [(id: Int64, error: StorageError)])>(([], []))

  var transfers: [Transfer] { kept.withLock { $0.transfers } }
  var failures: [(id: Int64, error: StorageError)] { kept.withLock { $0.failures } }

  func transferred(_ transfer: Transfer) { kept.withLock { $0.transfers.append(transfer) } }
  func artifactFailed(id: Int64, error: StorageError) { kept.withLock { $0.failures.append((id, error)) } }
}

extension ScriptedPeer {
  /// The bytes of the next block; what else comes is dropped.
  func block(_ block: Block) async throws -> [UInt8] {
    try await next("\(block)") { message in
      if case .piece(let data) = message, data.block == block { Array(data.bytes.readableBytesView) } else { nil }
    }
  }

  /// Asks for blocks and takes them.
  func fetch(_ blocks: [Block]) async throws -> [[UInt8]] {
    try await send(bytes: Self.encoded(blocks.map { .request($0) }))
    var bytes: [[UInt8]] = []
    for block in blocks { bytes.append(try await self.block(block)) }
    return bytes
  }

  /// Our extended handshake.
  func extendedHandshake() async throws -> ExtendedHandshake {
    try await next("an extended handshake") { message in
      guard case .extended(id: 0, let payload) = message else { return nil }
      return try? ExtendedHandshake.decode(payload, limits: ExtendedHandshakeLimits())
    }
  }

  /// Proves that the connection is alive: an ask for a block is answered.
  func isAlive(_ artifact: TestArtifact) async throws -> Bool {
    guard let block = artifact.blocks.first else { return false }
    return try await fetch([block]) == [artifact.bytes(of: block)]
  }
}
