import Dispatch
import Foundation
import Logging
import Metainfo
import NIOCore
import NIOEmbedded
import NIOPosix
import PeerProtocol
import PluginKit
import Plugins
import Settings
import Storage
import TestSupport

@testable import Engine

/// A real engine whose one loop is run by hand, with small artifacts and the policies that an input may choose from. It serves one input after
/// the other: whatever one of them leaves behind is a defect.
final class ConnectionWorld {
  let clock = FuzzClock()
  let loop: FuzzLoop
  let engine: SeedEngine
  let engineLoop: EngineLoop
  let artifacts: [FuzzArtifact]
  let pipelines: [Pipeline]
  private let folder: TemporaryDirectory
  private let disk = NIOThreadPool(numberOfThreads: 1)
  /// So many that no job waits for its lane's turn: `awaitDisk` sees only what the one thread has been given.
  private static let lanesNeverFull = 64

  init() throws {
    let folder = try TemporaryDirectory("fuzz", isInMemory: true)
    let versions: [TorrentVersion] = [.v1, .hybrid, .v2, .v1]
    artifacts = try versions.enumerated().map { index, version in
      try FuzzArtifact(version, id: Int64(index + 1), in: folder, lacking: index == 3)
    }
    try AtomicFile.write(Array(PolicyTexts.keys.utf8), to: folder.path + "/auth.yaml", mode: 0o600)
    pipelines = try PolicyTexts.all.enumerated().map { try Self.pipeline($1, in: folder.path, generation: UInt64($0 + 1)) }
    self.folder = folder
    disk.start()
    var generator = SeededGenerator(seed: 1)
    let clock = clock
    engine = SeedEngine(
      settings: Self.settings(0), pipeline: pipelines[0], peerID: .random(prefix: "-GY0001-", using: &generator), clientVersion: "Granary",
      clock: EngineClock(now: { clock.now }, wall: { clock.wall }), journal: Unkept(), delegate: Untold(), logger: Logger(label: "fuzz"),
      group: .singleton, disk: disk, diskThreads: Self.lanesNeverFull)
    let loop = FuzzLoop()
    self.loop = loop
    engineLoop = EngineLoop(core: engine.core, eventLoop: loop, index: 0)
    engine.core.set(loops: [LoopHandle(eventLoop: loop, lane: engineLoop.lane, bound: NIOLoopBound(engineLoop, eventLoop: loop))])
  }

  deinit {
    engine.core.dismantle()
    // Nothing is left to do for it; what it could throw is that it is stopped already.
    try? disk.syncShutdownGracefully()
  }

  /// The settings that three bits choose: a rate limit, a short queue, one slot.
  static func settings(_ choice: UInt8) -> EngineSettings {
    EngineSettings(
      listen: [], eventLoops: 1, uploadRate: choice & 1 == 0 ? nil : 64 << 10, uploadSlots: choice & 4 == 0 ? .unlimited : .fixed(1),
      requestQueue: choice & 2 == 0 ? 500 : 4, dials: false)
  }

  private static func pipeline(_ yaml: String, in folder: String, generation: UInt64) throws -> Pipeline {
    let text = "listen: [{ address: \"127.0.0.1:0\" }]\n" + yaml
    let settings = try NodeSettings.load(bytes: Array(text.utf8), file: "fuzz.yaml", environment: SettingsEnvironment())
    let builder = PipelineBuilder(
      registry: PluginRegistry(Plugins.builtIns),
      services: { _ in PolicyFixtures.services(folder: folder, journal: Unkept(), documents: YAMLDocuments()) },
      explain: SettingsErrors.explain)
    return try builder.build(settings.pipeline.map(\.pipelineEntry), generation: generation).get()
  }

  /// Everything as it was before any input. What is fetched is begun with nothing.
  func beginAnew(_ artifact: FuzzArtifact, policy: Pipeline, settings: EngineSettings, isFetched: Bool) throws {
    clock.beginAnew()
    engine.replace(settings: Self.settings(0))
    engine.replace(settings: settings)
    engine.core.replace(pipeline: policy)
    for other in artifacts { engine.remove(other.seeded.facts.id, reason: "another input begins") }
    if isFetched { try fetch(of: artifact).begin(in: engine) } else { engine.add(artifact.seeded) }
  }

  /// The fetch of an artifact, which may not have begun.
  func fetch(of artifact: FuzzArtifact) -> FuzzFetch { FuzzFetch(artifact: artifact, root: folder.path("fetched")) }

  /// Nothing is left of what an input has had fetched.
  func forget(_ artifact: FuzzArtifact) throws {
    try engine.endFetch(artifact.seeded.facts.id, reason: "the input is at its end", discarding: true)
    engine.remove(artifact.seeded.facts.id, reason: "the input is at its end")
    try FileManager.default.removeItem(atPath: folder.path("fetched"))
  }

  /// Returns when the disk's thread has done what it was given.
  func awaitDisk() {
    let done = DispatchSemaphore(value: 0)
    disk.submit { _ in done.signal() }
    done.wait()
  }
}

/// Who may have what, as an operator would write it. Inputs come from 127.0.0.1 at noon of a Monday.
private enum PolicyTexts {
  static let keys = "keys: [{ id: a, secret: \(String(repeating: "5a", count: 32)) }]\n"
  static let all = [
    "open: true\n",
    "pipeline: [metadata, allowlist: { addresses: [127.0.0.0/8] }, gate: { on_request: [{}] }]\n",
    "pipeline: [metadata, gate: { on_request: [{ files: [\"a/**\"] }] }]\n",
    "pipeline: [metadata, allowlist: { addresses: [10.0.0.0/8] }]\n",
    "pipeline: [metadata, gate: { on_request: [{ when: { days: [mon], from: \"11:59\", to: \"12:05\", zone: UTC } }] }]\n",
    "pipeline: [metadata, allowlist: { addresses: [{ address: 127.0.0.1, until: \"2026-11-23T12:01:00Z\" }] }]\n",
    "pipeline: [gate: { on_request: [{ pieces: [0, 2], peers: [127.0.0.1] }] }]\n",
    "pipeline: [metadata, gate: { on_request: [{ answer: deny, reason: no }] }]\n",
    "pipeline: [metadata, auth: { keys: auth.yaml, requires: none }, gate: { on_request: [{}] }]\n",
    "pipeline: [metadata, exchange, allowlist: { addresses: [127.0.0.0/8] }, quota: [{ blocks: 3, window: 1m }, { rate: 64 KiB/s }]]\n",
    """
    pipeline:
      - allowlist: { addresses: [127.0.0.0/8] }
      - metadata
      - messages:
          custom: [{ name: x_y, send: [handshake], body: { v: "${peer.address}" }, from: [127.0.0.0/8], reply: { v: 1 }, store: [v], rate: 2/1m }]
          notices: { trusted: [{ id: ops, public: \(String(repeating: "ab", count: 32)) }] }
          have: { from: [127.0.0.0/8], rate: 2/1m }

    """,
    "pipeline: [metadata, allowlist: { addresses: [127.0.0.0/8] }, gate: { on_request: [{}], write_request: [{ pieces: [0, 2] }] }]\n",
  ]
}

private struct Unkept: Journal {
  func record(_ record: JournalRecord) {}
}

private struct Untold: EngineDelegate {
  func transferred(_ transfer: Transfer) {}
  func artifactFailed(id: Int64, error: StorageError) {}
}
