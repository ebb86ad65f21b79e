import PluginKit

/// Pausing: the artifact stays what it is and its peers stay connected, and nothing of it is given until it is resumed.
extension SeedEngine {
  /// What came of `pause` or `resume`.
  package enum PauseAnswer: Sendable, Hashable {
    case done
    /// It was so already.
    case unchanged
    /// A plugin's `onPause` or `onResume` has taken it upon itself: the engine has not acted.
    case handledByPlugin
    /// No artifact in service has this number: it holds once one has.
    case unknown
  }

  /// Chokes the artifact's peers, and refuses them blocks, hashes and metadata; lets no new ones in: to them it is an artifact that we do not
  /// have. What was being written goes out. Lasts until `resume` or the engine's end, whatever takes the artifact's place. Announcing is
  /// the caller's: a paused artifact is not to be announced.
  @discardableResult
  package func pause(_ id: Int64) -> PauseAnswer { set(id, isPaused: true) }

  /// Serves the artifact again, the peers that stayed first.
  @discardableResult
  package func resume(_ id: Int64) -> PauseAnswer { set(id, isPaused: false) }

  /// Whether an artifact is paused.
  package func isPaused(_ id: Int64) -> Bool { core.swarms.isPaused(id) }

  private func set(_ id: Int64, isPaused: Bool) -> PauseAnswer {
    guard core.swarms.isInService(id) else {
      // What comes into service later is as it was said.
      _ = core.swarms.setPaused(id, isPaused)
      return .unknown
    }
    guard core.swarms.isPaused(id) != isPaused else { return .unchanged }
    // Plugins have a part in an artifact only while it has peers.
    let swarm = core.swarms[id]
    let handling = isPaused ? swarm?.ask(.onPause) { try $0.onPause() } : swarm?.ask(.onResume) { try $0.onResume() }
    guard handling != .handled else { return .handledByPlugin }
    for number in core.swarms.setPaused(id, isPaused) { core.visit(number) { $0.pauseOrResume() } }
    swarm?.tell(.onState) { try $0.onState(isPaused ? "paused" : "ready") }
    return .done
  }
}
