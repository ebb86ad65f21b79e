import Synchronization

/// What one plugin of the pipeline keeps: small values by key, read and changed in memory, stored in batches by `PluginValueStore`.
package final class PluginValues: Sendable {
  /// How much a plugin may keep.
  package enum Limit {
    /// Characters of a key.
    package static let key = 512
    /// Bytes of a value.
    package static let value = 4096
    /// Keys.
    package static let keys = 100_000
  }

  private struct Kept {
    var value: [UInt8]
    /// Whether it is stored, or lasts as long as the process.
    let isLasting: Bool
  }

  private struct State {
    var values: [String: Kept]
    /// Keys whose stored values are others.
    var dirty: Set<String> = []
  }

  let plugin: String
  private let state: Mutex<State>

  package init(plugin: String, stored: [String: [UInt8]]) {
    self.plugin = plugin
    state = Mutex(State(values: stored.mapValues { Kept(value: $0, isLasting: true) }))
  }

  /// The value under a key; nil where there is none.
  package func value(_ key: String) -> [UInt8]? { state.withLock { $0.values[key]?.value } }

  /// All keys.
  package var keys: [String] { state.withLock { Array($0.values.keys) } }

  /// Reads and changes a value in one step; nil forgets it. False, and nothing is changed, where key, value or their number are beyond their
  /// limits. A key that is new lasts beyond the process or not, as is said here.
  package func update(_ key: String, lasting: Bool, _ change: (inout [UInt8]?) -> Void) -> Bool {
    state.withLock { state in
      let former = state.values[key]
      var value = former?.value
      change(&value)
      guard value != former?.value else { return true }
      let isLasting = former?.isLasting ?? lasting
      if let value {
        guard value.count <= Limit.value, former != nil || (1...Limit.key).contains(key.count) && state.values.count < Limit.keys else {
          return false
        }
        state.values[key] = Kept(value: value, isLasting: isLasting)
      } else {
        state.values[key] = nil
      }
      if isLasting { state.dirty.insert(key) }
      return true
    }
  }

  /// What has changed since the last call.
  func takeChanges() -> [PluginValueChange] {
    state.withLock { state in
      defer { state.dirty = [] }
      return state.dirty.map { PluginValueChange(plugin: plugin, key: $0, value: state.values[$0]?.value) }
    }
  }

  /// They could not be stored: the next call gives them again, as they are then.
  func putBack(_ changes: [PluginValueChange]) {
    state.withLock { $0.dirty.formUnion(changes.map(\.key)) }
  }

  /// Changes that wait.
  var pending: Int { state.withLock { $0.dirty.count } }
}
