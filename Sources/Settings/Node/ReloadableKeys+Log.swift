internal import PluginKit

extension ReloadableKeys {
  static let log: [SettingsKey] = [
    SettingsKey("log.format", .reloads, default: NodeSettings.Log.defaultFormat.rawValue, "how lines look: logfmt or json") {
      $0.log.format
    },
    SettingsKey(
      "log.level", .reloads, default: NodeSettings.Log.defaultLevel.rawValue,
      "the least that is written: debug, info, notice, warning, error"
    ) { $0.log.level },
    SettingsKey("log.file", .reloads, default: "standard error", "where lines are appended; opened anew on SIGUSR1") { $0.log.file },
  ]
}
