import Synchronization

/// What a plugin leaves in memory for the one that a reload puts in its place: each entry of the pipeline has its own, by its name (and its
/// number, where one name stands there more than once), for as long as the process lives. For what must last longer there is `PluginStore`.
public final class PluginLegacy: Sendable {
  private let values = Mutex<[String: any Sendable]>([:])

  public init() {}

  /// The value under a key; where there is none, or one of another type, the new one is kept and given.
  public func value<Value: Sendable>(_ key: String, or new: @autoclosure () -> Value) -> Value {
    values.withLock { values in
      if let value = values[key] as? Value { return value }
      let value = new()
      values[key] = value
      return value
    }
  }
}

/// The legacies of all plugins.
package final class PluginLegacies: Sendable {
  private let legacies = Mutex<[String: PluginLegacy]>([:])

  package init() {}

  /// That of a plugin, by its name in the pipeline.
  package func legacy(of plugin: String) -> PluginLegacy {
    legacies.withLock { legacies in
      if let legacy = legacies[plugin] { return legacy }
      let legacy = PluginLegacy()
      legacies[plugin] = legacy
      return legacy
    }
  }
}
