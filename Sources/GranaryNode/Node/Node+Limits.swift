import Control
import Engine
import Settings
import Synchronization

/// Rates beside the configuration's.
extension Node {
  var limits: LimitOverrides { state.withLock { $0.limits } }

  /// Other rates from now on.
  func set(_ order: LimitsOrder) throws {
    try reloading.withLock { _ in
      var overrides = limits
      try overrides.take(order)
      state.withLock { $0.limits = overrides }
      replaceEngineSettings(settings)
    }
  }

  /// What the engine goes by, of a configuration and of what operators have said besides. To be called while `reloading` is held.
  func replaceEngineSettings(_ settings: NodeSettings) {
    var fresh = EngineSettings(settings, initial: initial.limits, loops: threads, openFiles: openFiles)
    fresh.setRates(limits.applied(to: settings.limits))
    engine.replace(settings: fresh)
  }
}
