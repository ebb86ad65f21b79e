import PluginKit
import Synchronization

/// The plugins that this executable was built with. Commands are made by the argument parser, which hands nothing to them.
enum KnownPlugins {
  private static let stored = Mutex(PluginRegistry([]))

  static func set(_ registry: PluginRegistry) { stored.withLock { $0 = registry } }
  static var registry: PluginRegistry { stored.withLock { $0 } }
}
