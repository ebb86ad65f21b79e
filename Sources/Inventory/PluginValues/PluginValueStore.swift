import Synchronization

/// What plugins keep across restarts: in memory for loops that must not wait for a disk, flushed in batches. A process that is killed loses
/// what changed since the last flush, a quarter of a second by default.
package final class PluginValueStore: Sendable {
  private let database: InventoryDatabase
  private let now: @Sendable () -> Timestamp
  private let plugins = Mutex<[String: PluginValues]>([:])
  private let trouble = Mutex<InventoryError?>(nil)
  /// Held while storing, so that an older value never follows a newer one.
  private let flushing = Mutex<Void>(())

  package init(database: InventoryDatabase, now: @escaping @Sendable () -> Timestamp = { .now() }) {
    (self.database, self.now) = (database, now)
  }

  /// What a plugin keeps, read from the disk the first time; the same object from then on, so that what a reload makes anew goes on where the
  /// former left off. Not for event loops.
  package func values(of plugin: String) throws(InventoryError) -> PluginValues {
    if let known = plugins.withLock({ $0[plugin] }) { return known }
    let stored = try database.pluginValues(of: plugin)
    return plugins.withLock { plugins in
      if let known = plugins[plugin] { return known }
      let made = PluginValues(plugin: plugin, stored: stored)
      plugins[plugin] = made
      return made
    }
  }

  /// Why the last flush failed; nil where it did not.
  package var problem: InventoryError? { trouble.withLock { $0 } }
}

extension PluginValueStore: Flushable {
  /// Stores all changes made before the call, or throws why it cannot; they are kept then. Waits for the disk: not for event loops.
  package func flush() throws(InventoryError) {
    try flushing.withLock { _ throws(InventoryError) in
      for values in plugins.withLock({ Array($0.values) }) {
        let changes = values.takeChanges()
        do throws(InventoryError) { try database.keep(changes, at: now()) } catch {
          values.putBack(changes)
          trouble.withLock { $0 = error }
          throw error
        }
      }
      trouble.withLock { $0 = nil }
    }
  }
}
