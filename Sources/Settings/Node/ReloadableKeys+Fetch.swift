internal import PluginKit

extension ReloadableKeys {
  static let fetch: [SettingsKey] = [
    SettingsKey("fetch.allocate", .reloads, default: "sparse", "whether room is taken as blocks come (sparse) or before (whole)") {
      $0.fetch.allocatesWhole
    },
    SettingsKey("fetch.file-mode", .reloads, default: octal(NodeSettings.Fetch.defaultFileMode), "permission bits of what is fetched") {
      $0.fetch.fileMode
    },
    SettingsKey(
      "fetch.executable-mode", .reloads, default: octal(NodeSettings.Fetch.defaultExecutableMode), "the same of files marked executable"
    ) { $0.fetch.executableMode },
    SettingsKey("fetch.folder-mode", .reloads, default: octal(NodeSettings.Fetch.defaultFolderMode), "the same of folders") {
      $0.fetch.folderMode
    },
    SettingsKey("fetch.owner", .reloads, default: "the node's user", "whom what is fetched belongs to, by name or number") {
      $0.fetch.owner
    },
    SettingsKey("fetch.group", .reloads, default: "the node's group", "the group that it belongs to, by name or number") {
      $0.fetch.group
    },
  ]

  private static func octal(_ bits: UInt32) -> String { "\"0\(String(bits, radix: 8))\"" }
}
