import Metainfo
import PluginKit

/// Stands in the pipeline in a plugin's place, passes everything on to it, and sees what it does.
struct ProbePlugin: Plugin {
  static let name = "probe"

  let plugin: any Plugin
  let log: ProbeLog
  /// The hooks that the plugin says it answers; empty for any.
  let declared: Set<Hook>

  init(_ plugin: any Plugin, _ log: ProbeLog, hooks: [Hook]) {
    (self.plugin, self.log, declared) = (plugin, log, Set(hooks))
  }

  init(settings: NoSettings, services: PluginServices) throws {
    throw SettingsProblem("a probe is made around a plugin")
  }

  var guards: Set<Operation> { plugin.guards }
  var extendedMessages: [ExtendedMessage] { plugin.extendedMessages }
  var conversation: ExtendedMessage? { plugin.conversation }
  var warnings: [String] { plugin.warnings }
  var admitsAsynchronously: Bool { plugin.admitsAsynchronously }

  func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict {
    let verdict = try log.observe(.judge) { try plugin.judge(operation, facts) }
    log.count(verdict.answer, operation)
    return verdict
  }

  func admit(_ facts: PeerFacts) async throws -> Verdict {
    let began = ContinuousClock.now
    // It may wait: how long is looked at elsewhere.
    defer { log.returned(from: .admit, after: .now - began, isTimed: false) }
    return try await plugin.admit(facts)
  }

  func converse(_ opening: ConversationOpening, _ facts: PeerFacts) throws -> (any PeerConversation)? {
    try log.observe(.converse) { try plugin.converse(opening, facts) }
  }

  func newTorrent(_ artifact: ArtifactFacts) throws -> (any TorrentPlugin)? {
    try log.observe(.newTorrent) { try plugin.newTorrent(artifact) }.map { ProbeTorrent(torrent: $0, log: log, declared: declared) }
  }

  func tick(_ now: ContinuousClock.Instant) throws { try log.observe(.tick) { try plugin.tick(now) } }
  func onUnknownTorrent(_ facts: PeerFacts) { log.observe(.onUnknownTorrent) { plugin.onUnknownTorrent(facts) } }
  func saveState() -> [UInt8]? { log.observe(.saveState) { plugin.saveState() } }

  func loadState(_ state: [UInt8]) throws {
    let began = ContinuousClock.now
    // What it has never given it may refuse.
    defer { log.returned(from: .loadState, after: .now - began) }
    try plugin.loadState(state)
  }
}

/// The probe's part for one artifact.
struct ProbeTorrent: TorrentPlugin {
  let torrent: any TorrentPlugin
  let log: ProbeLog
  let declared: Set<Hook>

  func onAuthorized(_ facts: PeerFacts) throws { try log.observe(.onAuthorized) { try torrent.onAuthorized(facts) } }

  func newConnection(_ peer: PeerContext) throws -> (any PeerPlugin)? {
    try log.observe(.newConnection) { try torrent.newConnection(peer) }.map {
      ProbePeer($0, peer: peer, log: log, declared: declared)
    }
  }

  func onPiecePass(_ piece: Int) throws { try log.observe(.onPiecePass) { try torrent.onPiecePass(piece) } }

  func onPieceFailed(_ piece: Int, contributors: [PeerAddress]) throws {
    try log.observe(.onPieceFailed) { try torrent.onPieceFailed(piece, contributors: contributors) }
  }

  func tick(_ now: ContinuousClock.Instant) throws { try log.observe(.tick) { try torrent.tick(now) } }
  func onPause() throws -> Handling { try handle(.onPause) { try torrent.onPause() } }
  func onResume() throws -> Handling { try handle(.onResume) { try torrent.onResume() } }
  func onFilesChecked() throws { try log.observe(.onFilesChecked) { try torrent.onFilesChecked() } }
  func onState(_ state: String) throws { try log.observe(.onState) { try torrent.onState(state) } }
  func onAddPeer(_ address: PeerAddress) throws { try log.observe(.onAddPeer) { try torrent.onAddPeer(address) } }

  private func handle(_ hook: Hook, _ body: () throws -> Handling) throws -> Handling {
    let answer = try log.observe(hook, body)
    if answer == .handled { log.declares(hook, declared) }
    return answer
  }
}

extension ProbeLog {
  /// The plugin answers in a hook other than it would by default: that must stand among its hooks, where it names any. By these the host knows
  /// what it stands to lose when the plugin is tripped.
  func declares(_ hook: Hook, _ declared: Set<Hook>) {
    guard !declared.isEmpty, !declared.contains(hook) else { return }
    found(.declaration, hook, "a hook that it answers to stand among its hooks", "\(hook.rawValue) does not")
  }
}
