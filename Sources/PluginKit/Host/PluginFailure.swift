/// A plugin threw in a hook: which one, where, what.
public struct PluginFailure: Error, Sendable, CustomStringConvertible {
  /// The plugin's name in the pipeline.
  public let plugin: String
  /// The hook.
  public let hook: Hook
  /// What it threw, in words.
  public let message: String

  package init(plugin: String, hook: Hook, error: any Error) {
    (self.plugin, self.hook, message) = (plugin, hook, String(describing: error))
  }

  public var description: String { "plugin \(plugin) failed in \(hook.rawValue): \(message)" }
}
