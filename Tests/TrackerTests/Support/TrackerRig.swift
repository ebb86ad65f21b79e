import Metainfo
import NIOCore
import PluginKit
import Synchronization
import TestSupport
import Tracker

typealias Operation = PluginKit.Operation

/// A guard whose answers a test writes.
struct ScriptedGuard: Plugin {
  static let name = "scripted"
  let guards: Set<Operation> = [.connect, .metadata, .request, .announce]
  var admitsAsynchronously = false
  var answer: @Sendable (Operation, PeerFacts) -> Verdict = { _, _ in .allow("all") }

  init(waiting: Bool = false, _ answer: @escaping @Sendable (Operation, PeerFacts) -> Verdict = { _, _ in .allow("all") }) {
    (admitsAsynchronously, self.answer) = (waiting, answer)
  }

  init(settings: NoSettings, services: PluginServices) throws {}

  func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict { answer(operation, facts) }

  /// Lets in whoever's address begins so; not to the artifact that is forbidden to all.
  static func addresses(_ prefixes: String..., waiting: Bool = false) -> ScriptedGuard {
    ScriptedGuard(waiting: waiting) { _, facts in
      guard facts.artifact?.id != 2 else { return .deny("forbidden") }
      return prefixes.contains { facts.address.ip.description.hasPrefix($0) } ? .allow("address") : .deny("address")
    }
  }
}

/// The node around a tracker under test: two artifacts, a policy and clocks that the test moves.
final class RigNode: TrackingNode {
  struct State: Sendable {
    var pipeline: Pipeline
    var elapsed = Duration.zero
    var wall = PolicyFixtures.noon
    var seat: OwnSeat?
    var reads = 0
  }

  let state: Mutex<State>

  init(_ pipeline: Pipeline) {
    state = Mutex(State(pipeline: pipeline))
  }

  func facts(of artifact: Int64) async -> ArtifactFacts? {
    state.withLock { $0.reads += 1 }
    guard let byte = UInt8(exactly: artifact) else { return nil }
    return ArtifactFacts(
      id: artifact, infoHash: InfoHash(v1: infoHash(byte)), name: "artifact-\(artifact)", labels: [:], isPrivate: true,
      layout: PolicyFixtures.layout(["a": 40]))
  }

  func seat(of artifact: ArtifactFacts, for asker: TrackerAsker) -> OwnSeat? { state.withLock { $0.seat } }
}

/// An embedded tracker that knows the info-hashes 1 and 2.
struct TrackerRig: Sendable {
  static let known = infoHash(1)
  static let forbidden = infoHash(2)
  static let unknown = infoHash(3)

  let node: RigNode
  let tracker: EmbeddedTracker
  let journal = TestJournal()

  init(_ plugin: ScriptedGuard = .addresses("10.", "fd"), settings: TrackerSettings = TrackerSettings()) throws {
    let node = RigNode(try Self.pipeline(plugin, 1))
    var settings = settings
    settings.refusalTime = .zero
    tracker = EmbeddedTracker(
      settings: settings,
      policy: TrackerPolicy(pipeline: { node.state.withLock { $0.pipeline } }, wallClock: { node.state.withLock { $0.wall } }),
      node: node, journal: journal, elapsed: { node.state.withLock { $0.elapsed } }, generator: SeededGenerator(seed: 1))
    self.node = node
    tracker.put(1, infoHashes: [Self.known])
    tracker.put(2, infoHashes: [Self.forbidden])
  }

  private static func pipeline(_ plugin: ScriptedGuard, _ generation: UInt64) throws -> Pipeline {
    try Pipeline(plugins: [InstalledPlugin(name: "scripted", plugin: plugin, place: "test:1:1")], generation: generation)
  }

  /// Another policy is in force.
  func reload(_ plugin: ScriptedGuard, settings: TrackerSettings = TrackerSettings()) throws {
    let pipeline = try Self.pipeline(plugin, node.state.withLock { $0.pipeline.generation } + 1)
    node.state.withLock { $0.pipeline = pipeline }
    tracker.reload(settings)
  }

  func advance(by duration: Duration) { node.state.withLock { $0.elapsed += duration } }

  static func asker(_ address: String) -> TrackerAsker {
    guard let ip = IPAddress(address) else { preconditionFailure("the test names no address: \(address)") }
    return TrackerAsker(ip: ip)
  }

  static func question(
    _ infoHash: SHA1Digest = known, peer: UInt8 = 1, port: UInt16 = 6881, isSeed: Bool = false, event: AnnounceEvent = .none,
    wanted: Int? = nil
  ) -> TrackerAnnounce {
    TrackerAnnounce(
      infoHash: infoHash, peerID: PeerID([UInt8](repeating: peer, count: 20)) ?? .random(prefix: ""), port: port, isSeed: isSeed,
      event: event, wanted: wanted)
  }

  /// Announces; gives the outcome.
  @discardableResult
  func announce(
    _ address: String, _ infoHash: SHA1Digest = known, port: UInt16 = 6881, isSeed: Bool = false, event: AnnounceEvent = .none,
    wanted: Int? = nil, peer: UInt8 = 1
  ) async -> TrackerOutcome {
    let question = Self.question(infoHash, peer: peer, port: port, isSeed: isSeed, event: event, wanted: wanted)
    return await tracker.announce(question, from: Self.asker(address))
  }

  /// The same; gives the addresses that the asker is told of, nil where it is refused.
  @discardableResult
  func peers(
    _ address: String, _ infoHash: SHA1Digest = known, port: UInt16 = 6881, isSeed: Bool = false, event: AnnounceEvent = .none,
    wanted: Int? = nil, peer: UInt8 = 1
  ) async -> Set<String>? {
    let outcome = await announce(address, infoHash, port: port, isSeed: isSeed, event: event, wanted: wanted, peer: peer)
    guard case .reply(let reply) = outcome else { return nil }
    return Set(reply.peers.map(\.address.ip.description))
  }
}
