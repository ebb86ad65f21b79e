import HTTPClient
import Metainfo
import OpenSSL
import PluginKit
import Synchronization
import TestSupport

@testable import Catalogue

/// Seconds since 1970 that a test moves by hand.
final class ManualSeconds: Sendable {
  private let seconds = Mutex(Made.noon)

  var now: WallTime { WallTime(nanoseconds: seconds.withLock { $0 } * 1_000_000_000) }

  func withLock(_ body: (inout Int64) -> Void) { seconds.withLock { body(&$0) } }
}

/// A follower with everything around it in memory.
final class FollowerRig: Sendable {
  let url: HTTPURL
  let clock = ManualSeconds()
  let store = MemoryMirrorStore()
  let replica = RecordingReplica()
  let transport = ScriptedTransport()
  let journal = TestJournal()
  let follower: CatalogueFollower
  private let made = Mutex<[String: MadeTorrent]>([:])
  private let serial = Mutex(Int64(0))
  private let rule: MirrorRule
  private let budget: DiskBudget?

  struct MadeTorrent: Sendable {
    let torrent: Torrent
    let bytes: [UInt8]
  }

  init(budget: DiskBudget? = nil, keep: Int? = 2, isPaused: Bool = false) throws {
    url = try HTTPURL(Made.url)
    self.budget = budget
    rule = MirrorRule(take: [NamePattern("app-*")], keep: keep, grace: 100)
    follower = CatalogueFollower(
      [Self.mirror(url, [Made.key.publicKey], rule, isPaused: isPaused)], budget: budget, store: store, actions: replica,
      transport: transport, journal: journal, now: { [clock] in clock.now })
  }

  /// Another follower with the same memory.
  func restarted(keys: [Ed25519.PublicKey] = [Made.key.publicKey]) -> CatalogueFollower {
    CatalogueFollower(
      [Self.mirror(url, keys, rule, isPaused: false)], budget: budget, store: store, actions: replica, transport: transport,
      journal: journal, now: { [clock] in clock.now })
  }

  private static func mirror(_ url: HTTPURL, _ keys: [Ed25519.PublicKey], _ rule: MirrorRule, isPaused: Bool) -> FollowedMirror {
    FollowedMirror(
      url: url, trust: CatalogueTrust(keys: CatalogueKeys(keys), maximumAge: 3600), rules: [rule], folders: ["/srv"],
      timing: PollTiming(every: .seconds(60)), isPaused: isPaused, place: "n.yaml:1:1")
  }

  @discardableResult
  func poll() async -> Duration? { await follower.poll(url, luck: 0) }

  var torrents: [String: MadeTorrent] { made.withLock { $0 } }

  /// A torrent of 1000 bytes with this name.
  func torrent(_ name: String) throws -> MadeTorrent {
    if let known = torrents[name] { return known }
    let built = try TorrentFixtures.torrent(
      .hybrid, name: name, files: [TorrentFixtures.File(name, [UInt8](repeating: UInt8(name.utf8.last ?? 0), count: 1000))])
    let torrent = MadeTorrent(torrent: try Torrent.decode(built.bytes).torrent, bytes: built.bytes)
    made.withLock { $0[name] = torrent }
    transport.serve("torrents/\(name).torrent", torrent.bytes)
    return torrent
  }

  func entry(_ name: String, infoHash: InfoHash? = nil) -> CatalogueEntry {
    guard let made = try? torrent(name) else { return Made.entry(name) }
    return CatalogueEntry(
      name: name, version: nil, infoHash: infoHash ?? made.torrent.infoHash, size: made.torrent.layout.contentLength, published: Made.noon,
      torrent: "torrents/\(name).torrent", torrentDigest: SHA256Digest.hash(of: made.bytes))
  }

  /// The server has this catalogue from now on, with the next serial number where none is given.
  func publish(
    _ names: [String], serial: Int64? = nil, by key: Ed25519.PrivateKey = Made.key,
    _ change: (CatalogueEntry) -> CatalogueEntry = { $0 }
  ) throws {
    let number = self.serial.withLock { last in
      last = serial ?? last + 1
      return last
    }
    let entries = names.map { change(entry($0)) }
    let document = Made.document(entries, serial: number, date: clock.now.seconds)
    transport.answer(Made.signed(document, by: key).encoded)
  }

  func reasons(_ verdict: String) -> [String] { journal.records.filter { $0.verdict == verdict }.map(\.reason) }
  func rules(_ verdict: String) -> [String] { journal.records.filter { $0.verdict == verdict }.compactMap(\.rule) }
}

/// A server that a test scripts.
final class ScriptedTransport: CatalogueTransport {
  struct Down: Error {}

  private struct State {
    var catalogue: [UInt8]?
    var torrents: [String: [UInt8]] = [:]
    var asked = 0
    var unchanged = 0
  }

  private let state = Mutex(State())

  var catalogue: [UInt8]? { state.withLock { $0.catalogue } }
  var asked: Int { state.withLock { $0.asked } }
  var unchanged: Int { state.withLock { $0.unchanged } }

  /// Nil: it does not answer.
  func answer(_ bytes: [UInt8]?) { state.withLock { $0.catalogue = bytes } }
  func serve(_ path: String, _ torrent: [UInt8]) { state.withLock { $0.torrents[path] = torrent } }

  func catalogue(_ url: HTTPURL, etag: String?) async throws -> CatalogueAnswer {
    try state.withLock { state in
      state.asked += 1
      guard let bytes = state.catalogue else { throw Down() }
      let own = "\"\(SHA256Digest.hash(of: bytes))\""
      if etag == own {
        state.unchanged += 1
        return .unchanged
      }
      return .bytes(bytes, etag: own)
    }
  }

  func torrent(_ url: HTTPURL) async throws -> [UInt8] {
    try state.withLock { state in
      guard let torrent = state.torrents[String(url.path.dropFirst())] else { throw Down() }
      return torrent
    }
  }
}

/// A node that does as it is told, and says what that was.
final class RecordingReplica: ReplicaActions {
  struct Broken: Error {}

  private struct State {
    var held: [HeldArtifact] = []
    var fetched: [WantedArtifact] = []
    var retired: [String] = []
    var retried: [String] = []
    var isBroken = false
  }

  private let state = Mutex(State())

  var fetched: [WantedArtifact] { state.withLock { $0.fetched } }
  /// Names, in order.
  var retired: [String] { state.withLock { $0.retired } }

  /// Names, in order.
  var retried: [String] { state.withLock { $0.retried } }

  func breakDown() { state.withLock { $0.isBroken = true } }

  /// What is being fetched is whole.
  func complete() {
    state.withLock { state in
      state.held = state.held.map { HeldArtifact(infoHash: $0.infoHash, name: $0.name, size: $0.size, isComplete: true) }
    }
  }

  /// What is being fetched has failed.
  func fail() {
    state.withLock { state in
      state.held = state.held.map { HeldArtifact(infoHash: $0.infoHash, name: $0.name, size: $0.size, isComplete: false, isFailed: true) }
    }
  }

  /// The operator adds something.
  func hold(_ name: String, size: Int64) {
    state.withLock { $0.held.append(HeldArtifact(infoHash: Made.hash(name), name: name, size: size, isComplete: true)) }
  }

  func held() async throws -> [HeldArtifact] {
    try state.withLock { state in
      guard !state.isBroken else { throw Broken() }
      return state.held
    }
  }

  func fetch(_ wanted: WantedArtifact) async throws {
    state.withLock { state in
      state.fetched.append(wanted)
      state.held.append(HeldArtifact(infoHash: wanted.infoHash, name: wanted.name, size: wanted.size, isComplete: false))
    }
  }

  func retry(_ infoHash: InfoHash) async throws {
    state.withLock { state in state.retried += state.held.filter { $0.infoHash == infoHash }.map(\.name) }
  }

  func withhold(_ infoHash: InfoHash, reason: String) async throws { set(infoHash, isWithheld: true) }
  func release(_ infoHash: InfoHash) async throws { set(infoHash, isWithheld: false) }

  /// Names of what is not served.
  var withheld: [String] { state.withLock { $0.held.filter(\.isWithheld).map(\.name) } }

  private func set(_ infoHash: InfoHash, isWithheld: Bool) {
    state.withLock { state in
      state.held = state.held.map { one in
        guard one.infoHash == infoHash else { return one }
        return HeldArtifact(
          infoHash: one.infoHash, name: one.name, size: one.size, isComplete: one.isComplete, isWithheld: isWithheld)
      }
    }
  }

  func retire(_ infoHash: InfoHash, reason: String) async throws {
    state.withLock { state in
      state.retired += state.held.filter { $0.infoHash == infoHash }.map(\.name)
      state.held.removeAll { $0.infoHash == infoHash }
    }
  }
}

/// A memory that lasts as long as the test.
final class MemoryMirrorStore: MirrorStore {
  private let catalogues = Mutex<[String: FollowedCatalogue]>([:])
  private let artifacts = Mutex<[MirroredArtifact]>([])

  func followed(_ url: String) async throws -> FollowedCatalogue? { catalogues.withLock { $0[url] } }
  func keep(_ catalogue: FollowedCatalogue) async throws { catalogues.withLock { $0[catalogue.url] = catalogue } }
  func mirrored() async throws -> [MirroredArtifact] { artifacts.withLock { $0 } }

  func put(_ changed: [MirroredArtifact]) async throws {
    artifacts.withLock { artifacts in
      artifacts.removeAll { one in changed.contains { $0.infoHash.shares(one.infoHash) } }
      artifacts += changed
    }
  }

  func forget(_ infoHashes: [InfoHash]) async throws {
    artifacts.withLock { artifacts in artifacts.removeAll { one in infoHashes.contains { $0.shares(one.infoHash) } } }
  }
}
