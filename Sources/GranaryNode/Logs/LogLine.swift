import Logging
import PluginKit

/// A line of the log before it is written.
struct LogLine: Sendable, Hashable {
  let at: WallTime
  let level: Logger.Level
  let event: String
  let message: String
  /// What else there is to say, in the order of the names.
  var fields: [Field] = []

  struct Field: Sendable, Hashable {
    let name: String
    let value: String
  }

  /// Names that lines have by themselves.
  private static let ownNames: Set<String> = ["time", "level", "event", "msg"]
  /// Bytes of a value at most: what a peer names is no reason to fill the disk.
  private static let longestValue = 4096
  private static let mostFields = 64

  /// From what was logged with a logger of this label.
  init(_ event: Logging.LogEvent, _ metadata: Logger.Metadata, label: String, at: WallTime) {
    var metadata = metadata
    let plugin = Self.plugin(label)
    if let plugin, metadata["plugin"] == nil { metadata["plugin"] = .string(plugin) }
    let name = metadata.removeValue(forKey: Logger.Metadata.eventKey).map { "\($0)" }
    if let error = event.error, metadata["error"] == nil { metadata["error"] = "\(error)" }
    self.init(
      at: at, level: event.level, event: name.map(Self.plain) ?? (plugin == nil ? EventName.library : .pluginMessage).rawValue,
      message: "\(event.message)", fields: metadata.map { ($0.key, "\($0.value)") })
  }

  init(at: WallTime, level: Logger.Level, event: String, message: String, fields: [(String, String)] = []) {
    (self.at, self.level, self.event, self.message) = (at, level, event, Self.cut(message))
    self.fields = fields.map { Field(name: Self.name($0.0), value: Self.cut($0.1)) }.sorted { $0.name < $1.name }
    if self.fields.count > Self.mostFields { self.fields.removeLast(self.fields.count - Self.mostFields) }
  }

  /// The plugin that a logger of this label is given.
  private static func plugin(_ label: String) -> String? {
    label.hasPrefix(LogLabel.plugin) ? String(label.dropFirst(LogLabel.plugin.count)) : nil
  }

  /// A name that no field of the line's own has, of characters that need no quotes.
  private static func name(_ text: String) -> String {
    let name = plain(text.replacing("-", with: "_"))
    return ownNames.contains(name) ? "field_" + name : name
  }

  private static func plain(_ text: String) -> String {
    let bytes = text.utf8.prefix(64).map { byte in
      let isPlain = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      return isPlain || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ".") ? byte : UInt8(ascii: "_")
    }
    return bytes.isEmpty ? "_" : String(decoding: bytes, as: UTF8.self)
  }

  private static func cut(_ text: String) -> String {
    guard text.utf8.count > longestValue else { return text }
    return String(decoding: text.utf8.prefix(longestValue), as: UTF8.self) + "…"
  }
}

/// What loggers are called.
enum LogLabel {
  static let node = "granary"
  static let services = "granary.services"
  static let plugin = "granary.plugin."
}
