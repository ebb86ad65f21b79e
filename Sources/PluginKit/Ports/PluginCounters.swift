import Synchronization

/// Counters that a plugin's limits bite by: `status` shows them under `limits`. Shared by all plugins; a name begins with its plugin's.
public final class PluginCounters: Sendable {
  private let counts = Mutex<[String: Int64]>([:])
  private static let capacity = 1000

  public init() {}

  /// Adds to a counter, in `snake_case`. Names beyond a thousand are not kept.
  public func count(_ name: String, times: Int64 = 1) {
    counts.withLock { counts in
      guard counts[name] != nil || counts.count < Self.capacity else { return }
      counts[name, default: 0] &+= times
    }
  }

  /// All of them.
  public var snapshot: [String: Int64] { counts.withLock { $0 } }
}
