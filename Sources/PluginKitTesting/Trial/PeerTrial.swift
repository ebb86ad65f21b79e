import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// One connection: the engine's part is played, the chain of handlers is real. Lives on an event loop.
final class PeerTrial {
  /// What a connection is about.
  struct Setting: Sendable {
    var facts: PeerFacts
    var artifact: ArtifactFacts
    var supportsFast = true
    var supportsExtensions = true
    /// Whether times of the hooks that run for each block are taken.
    var isTimed = false
  }

  let bench: TrialBench
  let setting: Setting
  let context: PeerContext
  private(set) var chain = PeerPluginChain()
  /// Requests that the plugin has promised to answer itself.
  var debts: Set<Block> = []
  /// Blocks that the peer has ever asked for.
  var asked: Set<Block> = []
  private(set) var isOver = false
  /// What the peer has said of itself, once it has.
  var peerExtensions: ExtendedHandshake?
  private let home: NIOLoopBoundBox<PeerTrial?>
  private weak var handler: (any PeerPlugin)?
  private var probe: ProbePeer?

  init(_ bench: TrialBench, _ setting: Setting, on loop: any EventLoop) {
    (self.bench, self.setting) = (bench, setting)
    let home = NIOLoopBoundBox<PeerTrial?>(nil, eventLoop: loop)
    self.home = home
    let handle = PeerHandle(
      loop: loop, visit: { body in home.value?.play(TrialEvent(nil) { trial in body(trial.context) }) },
      flush: { loop.execute { home.value?.play(TrialEvent(nil) { _ in }) } })
    context = PeerContext(
      artifact: setting.artifact, infoBytes: [UInt8](repeating: UInt8(ascii: "i"), count: 40_000), facts: setting.facts,
      grant: bench.pipeline.grant(setting.facts), now: bench.clock.now, handle: handle)
    (context.supportsFast, context.supportsExtensions) = (setting.supportsFast, setting.supportsExtensions)
    home.value = self
  }

  /// Whether what the plugin had for the connection is gone.
  var isReleased: Bool { handler == nil }
  /// Whether the plugin takes part.
  var isAttended: Bool { !chain.isEmpty }
  /// Times of the hooks that run for each block.
  var blocks: [Hook: [Duration]] { probe?.blocks ?? [:] }

  /// Every guard has allowed: the plugin is asked for its part.
  func begin() {
    attempt {
      let torrent = try bench.installed.call(.newTorrent) { try bench.installed.plugin.newTorrent(setting.artifact) }
      guard let torrent else { return }
      bench.installed.tell(.onFilesChecked) { try torrent.onFilesChecked() }
      try torrent.onAuthorized(context.facts)
      try attend(torrent, bench.installed)
    }
  }

  private func attend(_ torrent: any TorrentPlugin, _ installed: InstalledPlugin) throws {
    context.isInEvent = true
    guard let made = try torrent.newConnection(context) else { return }
    chain.append(made, of: installed)
    probe = made as? ProbePeer
    handler = probe?.plugin
    if setting.isTimed { probe?.blocks = [.onRequest: [], .sentPiece: []] }
  }

  /// A reload: the former handler is told that it is over, the new one what is known of the peer.
  func reload() throws {
    let (installed, pipeline) = try bench.reloaded()
    chain.onDisconnect(DisconnectReason(.engine, "the policy is a new one"))
    (chain, probe) = (PeerPluginChain(), nil)
    context.acts.removeAll()
    debts.removeAll()
    context.grant = pipeline.grant(context.facts)
    guard let torrent = try installed.plugin.newTorrent(setting.artifact) else { return }
    try torrent.onAuthorized(context.facts)
    try attend(torrent, installed)
    try refuse(chain.onHandshake(handshake))
    if let peerExtensions { try refuse(chain.onExtensionHandshake(peerExtensions)) }
    if context.isInterested { _ = try chain.onInterested() }
  }

  var handshake: PeerHandshake {
    PeerHandshake(
      peerID: setting.facts.peerID ?? .random(prefix: "-XX0000-"), reserved: .ours(v2: false),
      infoHash: setting.artifact.infoHash.preferredWire)
  }

  /// One event, and then what the plugin asked for in it.
  func play(_ event: TrialEvent) {
    guard !isOver else { return }
    bench.clock.advance(by: .milliseconds(1))
    attempt { try event.play(self) }
  }

  private func attempt(_ body: () throws -> Void) {
    (context.now, context.isInEvent) = (bench.clock.now, true)
    do {
      try body()
      try runActs()
    } catch let refusal as Refusal {
      end(DisconnectReason(.policy(plugin: refusal.plugin), refusal.reason))
    } catch {
      end(DisconnectReason(.pluginFault(plugin: bench.installed.name), "\(error)"))
    }
    context.isInEvent = false
  }

  /// A minute in which what is owed is paid, where something is.
  func settle() {
    for _ in 0..<60 where !debts.isEmpty { play(.tick()) }
  }

  /// A plugin has the peer go.
  struct Refusal: Error {
    let plugin: String
    let reason: String
  }

  func refuse(_ answered: PeerPluginChain.Answered<String>?) throws {
    if let answered { throw Refusal(plugin: answered.plugin, reason: answered.answer) }
  }

  /// The end, which comes once.
  func end(_ reason: DisconnectReason) {
    guard !isOver else { return }
    isOver = true
    // As the engine does: whatever is asked for from now on is dropped.
    context.end()
    chain.onDisconnect(reason)
    (probe, home.value) = (nil, nil)
    debts.removeAll()
  }
}
