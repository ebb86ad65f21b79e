import Metainfo
import PluginKit

/// A plugin that records every call of every hook and answers from a script.
///
/// Tests install an instance: `InstalledPlugin(name: "recording", plugin: RecordingPlugin(script: script), place: "test")`.
package struct RecordingPlugin: Plugin {
  package static let name = "recording"
  package static let summary = "records every call; for tests"
  package static let hooks = Hook.allCases

  /// What was called.
  package let log: RecordingLog
  private let script: RecordingScript

  package init(log: RecordingLog = RecordingLog(), script: RecordingScript = RecordingScript()) {
    (self.log, self.script) = (log, script)
  }

  package init(settings: NoSettings, services: PluginServices) throws { self.init() }

  package var guards: Set<Operation> { script.guards }
  package var extendedMessages: [ExtendedMessage] { script.extendedMessages }
  package var conversation: ExtendedMessage? { script.conversation }
  package var admitsAsynchronously: Bool { script.admit != nil }

  package func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict {
    try called(.judge, operation.rawValue, facts.address)
    return try script.judge(operation, facts)
  }

  package func admit(_ facts: PeerFacts) async throws -> Verdict {
    try called(.admit, "", facts.address)
    return try await script.admit?(facts) ?? script.judge(.connect, facts)
  }

  package func converse(_ opening: ConversationOpening, _ facts: PeerFacts) throws -> (any PeerConversation)? {
    try called(.converse, "", facts.address)
    return nil
  }

  package func newTorrent(_ artifact: ArtifactFacts) throws -> (any TorrentPlugin)? {
    try called(.newTorrent, artifact.name)
    return script.joinsTorrents ? RecordingTorrent(log: log, script: script) : nil
  }

  package func tick(_ now: ContinuousClock.Instant) throws { try called(.tick, "plugin") }

  package func onUnknownTorrent(_ facts: PeerFacts) {
    // The hook cannot throw.
    try? called(.onUnknownTorrent, facts.infoHash?.description ?? "", facts.address)
  }

  package func saveState() -> [UInt8]? {
    // The hook cannot throw.
    try? called(.saveState, "")
    return script.state
  }

  package func loadState(_ state: [UInt8]) throws { try called(.loadState, "\(state)") }

  private func called(_ hook: Hook, _ detail: String, _ peer: PeerAddress? = nil) throws {
    log.record(hook, detail, peer)
    try script.acts[hook]?(nil)
  }
}

/// The recorder's part for one artifact.
private struct RecordingTorrent: TorrentPlugin {
  let log: RecordingLog
  let script: RecordingScript

  func onAuthorized(_ facts: PeerFacts) throws { try called(.onAuthorized, "", facts.address) }

  func newConnection(_ peer: PeerContext) throws -> (any PeerPlugin)? {
    log.record(.newConnection, "", peer.facts.address)
    try script.acts[.newConnection]?(peer)
    return script.joinsPeers ? RecordingPeer(peer: peer, log: log, script: script) : nil
  }

  func onPiecePass(_ piece: Int) throws { try called(.onPiecePass, "torrent \(piece)") }

  func onPieceFailed(_ piece: Int, contributors: [PeerAddress]) throws {
    try called(.onPieceFailed, "torrent \(piece) \(contributors.map(\.description))")
  }

  func tick(_ now: ContinuousClock.Instant) throws { try called(.tick, "torrent") }

  func onPause() throws -> Handling {
    try called(.onPause, "")
    return script.handlings[.onPause] ?? .pass
  }

  func onResume() throws -> Handling {
    try called(.onResume, "")
    return script.handlings[.onResume] ?? .pass
  }

  func onFilesChecked() throws { try called(.onFilesChecked, "") }
  func onState(_ state: String) throws { try called(.onState, state) }
  func onAddPeer(_ address: PeerAddress) throws { try called(.onAddPeer, "\(address)", address) }

  private func called(_ hook: Hook, _ detail: String, _ peer: PeerAddress? = nil) throws {
    log.record(hook, detail, peer)
    try script.acts[hook]?(nil)
  }
}
