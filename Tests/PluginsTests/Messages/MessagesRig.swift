import Logging
import Metainfo
import NIOCore
import NIOEmbedded
import OpenSSL
import PluginKit
import Synchronization
import TestSupport

@testable import Plugins

/// One connection with `messages` alone in its chain, and a clock that the test moves.
final class MessagesRig {
  let artifact: ArtifactFacts
  let context: PeerContext
  let plugin: MessagesPlugin
  let chain = PeerPluginChain()
  let journal = TestJournal()
  let counters = PluginCounters()
  let clock: ManualClock
  let store: MemoryPluginStore
  private let installed: InstalledPlugin

  /// What the settings need: files, and what the node has.
  struct World {
    var store = MemoryPluginStore()
    var documents: LiteralDocuments = MessagesRig.keys
    var directory: any ArtifactDirectory = NoArtifactDirectory()
    var artifact = PolicyFixtures.artifact()
    var knows = ["corp_hello", "gr_notice", "gr_have"]
    var address = "10.1.2.3"
    var identities: [Identity] = []
    var clock = ManualClock()
    var grant = PolicyFixtures.grant()
  }

  static let seed = [UInt8](repeating: 7, count: 32)
  static let otherSeed = [UInt8](repeating: 9, count: 32)
  static let publicKey = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c"
  static let keys = LiteralDocuments([
    "/etc/notice.key": ["own": ["id": "ops", "private": .text(HexText.text(seed))]]
  ])

  init(_ settings: LiteralValue, _ world: World = World()) throws {
    (artifact, store, clock) = (world.artifact, world.store, world.clock)
    plugin = try Self.plugin(settings, world, journal, counters)
    context = PolicyFixtures.context(on: NIOAsyncTestingEventLoop(), artifact: artifact, grant: world.grant, now: clock.now)
    context.facts = PolicyFixtures.peer(world.address, artifact: artifact)
    context.facts.identities = world.identities
    context.peerMessages = Dictionary(uniqueKeysWithValues: zip(world.knows, UInt8(1)...))
    installed = InstalledPlugin(name: "messages", plugin: plugin, place: "granary.yaml:9:5")
    if let peer = try plugin.newTorrent(artifact)?.newConnection(context) { chain.append(peer, of: installed) }
  }

  static func plugin(
    _ settings: LiteralValue, _ world: World = World(), _ journal: any Journal = TestJournal(),
    _ counters: PluginCounters = PluginCounters()
  ) throws -> MessagesPlugin {
    let clock = world.clock
    let start = clock.now
    let services = PluginServices(
      wallClock: { wall(clock.now - start) }, clock: { clock.now }, journal: journal, logger: Logger(label: "test"), folder: "/etc",
      store: world.store, counters: counters, documents: world.documents, directory: world.directory, nodeName: "depot-01")
    return try MessagesPlugin(settings: LiteralSettings(settings).decode(MessagesSettings.self), services: services)
  }

  private static func wall(_ elapsed: Duration) -> WallTime {
    WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + elapsed.components.seconds * 1_000_000_000)
  }

  // MARK: What the peer does

  /// Hands over a message of the peer's; what is done about it.
  @discardableResult
  func receive(_ name: String, _ bytes: [UInt8]) throws -> [PeerAct] {
    context.now = clock.now
    guard try chain.onExtended(name, ByteBuffer(bytes: bytes)) == .handled else { throw NotHandled() }
    return takeActs()
  }

  struct NotHandled: Error {}

  /// Lets time pass, with a tick at its end; what is done then.
  @discardableResult
  func tick(after duration: Duration = .seconds(1)) throws -> [PeerAct] {
    context.now = clock.advance(by: duration)
    try chain.tick(clock.now)
    return takeActs()
  }

  func takeActs() -> [PeerAct] {
    defer { context.acts.removeAll() }
    return context.acts
  }

  var refusals: [JournalRecord] { journal.records.filter { $0.verdict == "deny" } }
}

extension [PeerAct] {
  /// The bodies of what is sent under a name.
  func sent(_ name: String) -> [Bencode] {
    compactMap { act -> Bencode? in
      guard case .extended(name, let payload) = act else { return nil }
      return try? Bencode.decode([UInt8](payload.readableBytesView), limits: .message)
    }
  }

  /// Why the connection is to end; nil where it is not.
  var closing: String? {
    for case .close(let reason, _) in self { return reason }
    return nil
  }
}
