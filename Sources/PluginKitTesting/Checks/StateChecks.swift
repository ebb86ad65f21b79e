import PluginKit

/// What a plugin keeps across a restart, and what is told to it that concerns no connection.
struct StateChecks {
  let bench: TrialBench
  /// What the host keeps.
  private static let most = 1 << 20

  func run() {
    let (installed, plugin) = (bench.installed, bench.installed.plugin)
    installed.tell(.tick) { try plugin.tick(bench.clock.now) }
    for peer in bench.world.peers {
      var facts = peer
      facts.infoHash = .zero
      installed.tell(.onUnknownTorrent) { plugin.onUnknownTorrent(facts) }
    }
    for artifact in bench.world.artifacts { live(artifact) }
    checkState()
  }

  /// An artifact with its events, in the order in which they come.
  private func live(_ artifact: ArtifactFacts) {
    let installed = bench.installed
    guard let torrent = try? installed.plugin.newTorrent(artifact) else { return }
    installed.tell(.onFilesChecked) { try torrent.onFilesChecked() }
    for peer in bench.world.peers { installed.tell(.onAddPeer) { try torrent.onAddPeer(peer.address) } }
    installed.tell(.onPause) { _ = try torrent.onPause() }
    for state in ["paused", "ready", "out of service: \u{1B}[2J"] { installed.tell(.onState) { try torrent.onState(state) } }
    installed.tell(.onResume) { _ = try torrent.onResume() }
    for piece in Set([0, artifact.layout.pieceCount - 1]) where piece >= 0 {
      installed.tell(.onPiecePass) { try torrent.onPiecePass(piece) }
      installed.tell(.onPieceFailed) { try torrent.onPieceFailed(piece, contributors: []) }
      installed.tell(.onPieceFailed) { try torrent.onPieceFailed(piece, contributors: bench.world.peers.map(\.address)) }
    }
    installed.tell(.tick) { try torrent.tick(bench.clock.now) }
  }

  private func checkState() {
    let plugin = bench.installed.plugin
    let state = plugin.saveState()
    if let state, state.count > Self.most { found(.saveState, "at most 1 MiB to keep", "\(state.count) bytes, which are not kept") }
    guard let twin = try? bench.reloaded().installed.plugin else { return }
    // A file that was cut off or written over, a state of a version of before: it may be refused, and must not end the process.
    for other in [[], [0], [UInt8](repeating: 0xFF, count: 4096), Array("{}".utf8)] { try? twin.loadState(other) }
    guard let state else { return }
    do {
      try twin.loadState(state)
    } catch {
      found(.loadState, "it to take back what it gave", "it throws: \(error)")
    }
  }

  private func found(_ hook: Hook, _ expected: String, _ happened: String) { bench.log.found(.state, hook, expected, happened) }
}
