public import PluginKit

/// The plugins that come with Granary. A node with plugins of its own lists them behind these: `Granary.builtInPlugins + [MyPlugin.self]`.
public enum Plugins {
  /// Every built-in plugin.
  public static let builtIns: [any Plugin.Type] = [
    AllowlistPlugin.self, AuthPlugin.self, ExchangePlugin.self, ExternalPlugin.self, GatePlugin.self, MessagesPlugin.self,
    MetadataPlugin.self, QuotaPlugin.self,
  ]
}
