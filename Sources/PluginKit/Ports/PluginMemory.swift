import Synchronization

/// The port for what a plugin leaves to its next self: values by key, for as long as the process lives. A reload makes plugins anew; what they
/// would lose by that and need not keep across restarts goes here. One memory for each entry of the pipeline, as with `PluginStore`.
public final class PluginMemory: Sendable {
  private let values = Mutex<[String: any Sendable]>([:])

  public init() {}

  /// The value under a key; nil where there is none, or one of another type.
  public func value<Value: Sendable>(_ key: String, as type: Value.Type = Value.self) -> Value? {
    values.withLock { $0[key] as? Value }
  }

  /// The value under a key; where there is none, or one of another type, the new one is kept and given.
  public func value<Value: Sendable>(_ key: String, or new: @autoclosure () -> Value) -> Value {
    values.withLock { values in
      if let value = values[key] as? Value { return value }
      let value = new()
      values[key] = value
      return value
    }
  }

  /// Keeps a value in the place of the former one.
  public func keep(_ value: some Sendable, _ key: String) {
    values.withLock { $0[key] = value }
  }
}

/// The memories of a host's plugins, by the names of their entries.
package final class PluginMemories: Sendable {
  private let memories = Mutex<[String: PluginMemory]>([:])

  package init() {}

  package func memory(of plugin: String) -> PluginMemory {
    memories.withLock { memories in
      let memory = memories[plugin] ?? PluginMemory()
      memories[plugin] = memory
      return memory
    }
  }
}
