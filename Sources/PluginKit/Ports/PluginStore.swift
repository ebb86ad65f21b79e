import Synchronization

/// The port for what a plugin keeps across restarts: small values by key. Each entry of the pipeline has a store of its own, by its name
/// (and its number, where one name stands there more than once); after a reload the new plugin finds what the former left, while
/// connections from before may still use the former: what both count must be in the store and not in the plugin.
///
/// Calls are quick, never wait for a disk and may be made from any thread. The host stores changes in batches: a process that is killed loses
/// those of the last quarter of a second or so.
public protocol PluginStore: Sendable {
  /// The value under a key; nil where there is none.
  func value(_ key: String) -> [UInt8]?

  /// All keys, in no order.
  var keys: [String] { get }

  /// Reads and changes a value in one step: no other call comes between. Nil forgets it. `change` must be quick and must not use the store.
  ///
  /// A key has at most 512 characters, a value 4,096 bytes, a store 100,000 keys.
  /// - Parameter lasting: whether a new key is kept across restarts, or for as long as the process lives.
  /// - Returns: false, and nothing is changed, where that is beyond a limit.
  func update(_ key: String, lasting: Bool, _ change: (inout [UInt8]?) -> Void) -> Bool
}

/// A store that lasts as long as the value: what a host without an inventory gives, and what tests use.
public final class MemoryPluginStore: PluginStore {
  private let values: Mutex<[String: [UInt8]]>

  /// A store that holds these values.
  public init(_ values: [String: [UInt8]] = [:]) { self.values = Mutex(values) }

  public func value(_ key: String) -> [UInt8]? { values.withLock { $0[key] } }
  public var keys: [String] { values.withLock { Array($0.keys) } }

  public func update(_ key: String, lasting: Bool, _ change: (inout [UInt8]?) -> Void) -> Bool {
    values.withLock { values in
      var value = values[key]
      change(&value)
      if let value {
        guard value.count <= 4096, values[key] != nil || (1...512).contains(key.count) && values.count < 100_000 else { return false }
      }
      values[key] = value
      return true
    }
  }
}
