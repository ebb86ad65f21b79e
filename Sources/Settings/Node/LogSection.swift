internal import PluginKit

// `log`: where lines about what happens go, and how they look.

/// `log`, as it is written.
struct LogSection: Decodable {
  let format: LogFormatWord?
  let level: LogLevelWord?
  let file: FilePath?
}

/// `log.format`.
struct LogFormatWord: TextValue {
  let format: NodeSettings.Log.Format

  static let expected = NodeSettings.Log.Format.allCases.map(\.rawValue).joined(separator: " or ")

  init(text: String) throws(SettingsProblem) {
    guard let format = NodeSettings.Log.Format(rawValue: text) else { throw Self.mismatch(text) }
    self.format = format
  }
}

/// `log.level`.
struct LogLevelWord: TextValue {
  let level: NodeSettings.Log.Level

  static let expected = "debug, info, notice, warning or error"

  init(text: String) throws(SettingsProblem) {
    guard let level = NodeSettings.Log.Level(rawValue: text) else { throw Self.mismatch(text) }
    self.level = level
  }
}
