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
    /// No artifact in service has this number.
    case unknown
  }

  /// Chokes the artifact's peers and lets no new ones in: to them it is an artifact that we do not have. What was being written goes out.
  /// Announcing is the caller's: a paused artifact is not to be announced.
  @discardableResult
  package func pause(_ id: Int64) -> PauseAnswer { set(id, isPaused: true) }

  /// Serves the artifact again, the peers that stayed first.
  @discardableResult
  package func resume(_ id: Int64) -> PauseAnswer { set(id, isPaused: false) }

  /// Whether an artifact is in service and paused.
  package func isPaused(_ id: Int64) -> Bool { core.swarms[id]?.isPaused ?? false }

  private func set(_ id: Int64, isPaused: Bool) -> PauseAnswer {
    guard let swarm = core.swarms[id] else { return .unknown }
    guard swarm.isPaused != isPaused else { return .unchanged }
    let handling = isPaused ? swarm.ask(.onPause) { try $0.onPause() } : swarm.ask(.onResume) { try $0.onResume() }
    guard handling == .pass else { return .handledByPlugin }
    for number in swarm.setPaused(isPaused) { core.visit(number) { $0.pauseOrResume() } }
    swarm.tell(.onState) { try $0.onState(isPaused ? "paused" : "ready") }
    return .done
  }
}
